using BenchmarkDotNet.Attributes;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Benchmarks;

/// <summary>The layer as it runs in training: the gradients of the input and of every weight.</summary>
public class ForwardBackward : KanLayer
{
    [Benchmark(Baseline = true)]
    public void MatrixProducts()
    {
        using var guard = no_grad();
        using Tensor y = Expanded.matmul(Weight);
        using Tensor inputGradient = OutGradient.matmul(Weight.t());
        using Tensor weightGradient = Expanded.t().matmul(OutGradient);
    }

    [Benchmark]
    public void KanFused() => Run(Fused);

    [Benchmark]
    public void KanReference() => Run(Reference);

    [Benchmark]
    public void Linear() => Run(Plain);

    private void Run(nn.Module<Tensor, Tensor> layer)
    {
        using var scope = NewDisposeScope();
        layer.forward(X).backward([OutGradient]);
        layer.zero_grad();
        X.grad?.zero_();
    }
}
