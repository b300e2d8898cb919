using BenchmarkDotNet.Attributes;
using Kansformers.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;
using AdamW = Kansformers.Training.AdamW;
using AdamWOptions = Kansformers.Training.AdamWOptions;

namespace Kansformers.Benchmarks;

/// <summary>One AdamW step with gradient clipping over ten million parameters, about as many as gpt-mini's blocks have without KANs.</summary>
public class Optimizer
{
    private const long Parameters = 10_000_000;
    private Parameter _parameter = null!;
    private AdamW _optimizer = null!;

    [GlobalSetup]
    public void Setup()
    {
        LibTorch.Load();
        _parameter = new Parameter(randn(Parameters));
        _optimizer = new AdamW(([("weight", _parameter)], []), new AdamWOptions());
    }

    // A step consumes the gradient.
    [IterationSetup]
    public void MakeGradient() => _parameter.grad = randn(Parameters);

    [Benchmark]
    public double AdamWStep() => _optimizer.Step(learningRate: 1e-3, clip: 1);

    [GlobalCleanup]
    public void Cleanup()
    {
        _optimizer.Dispose();
        _parameter.Dispose();
    }
}
