using BenchmarkDotNet.Attributes;
using static TorchSharp.torch;

namespace Kansformers.Benchmarks;

/// <summary>The layer as it runs when a model generates or is evaluated: no gradients are kept.</summary>
public class Forward : KanLayer
{
    [Benchmark(Baseline = true)]
    public void MatrixProducts() => Run(_ => Expanded.matmul(Weight));

    [Benchmark]
    public void KanFused() => Run(Fused.forward);

    [Benchmark]
    public void KanReference() => Run(Reference.forward);

    [Benchmark]
    public void Linear() => Run(Plain.forward);

    private void Run(Func<Tensor, Tensor> layer)
    {
        using var guard = no_grad();
        using Tensor y = layer(X);
    }
}
