using BenchmarkDotNet.Attributes;
using Kansformers.Runtime;
using Kansformers.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Benchmarks;

/// <summary>One AdamW step with gradient clipping over ten million parameters, about as many as gpt-mini's blocks have without KANs.</summary>
public class OptimizerStep
{
    private const long Parameters = 10_000_000;
    private Parameter _parameter = null!;
    private GradientClipping _clipping = null!;
    private Optimizer _optimizer = null!;

    [GlobalSetup]
    public void Setup()
    {
        LibTorch.Load();
        _parameter = new Parameter(randn(Parameters));
        ParameterGroup[] groups = [new(ParameterRole.HiddenMatrix, [("weight", _parameter)], WeightDecay: 0.1)];
        _clipping = new GradientClipping(groups, largest: 1);
        _optimizer = new Optimizer(new AdamWOptions(), groups);
    }

    // A step consumes the gradient.
    [IterationSetup]
    public void MakeGradient() => _parameter.grad = randn(Parameters);

    [Benchmark]
    public void AdamWStep() => _optimizer.Step(learningRate: 1e-3, _clipping.Measure().Scale);

    [GlobalCleanup]
    public void Cleanup()
    {
        _optimizer.Dispose();
        _parameter.Dispose();
    }
}
