using BenchmarkDotNet.Attributes;
using Kansformers.Runtime;
using Kansformers.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Benchmarks;

/// <summary>One step of Muon on the hidden matrices of four layers of width 128 with an inner width of 496.</summary>
public class MuonStep
{
    private readonly List<(string Name, Parameter Parameter)> _matrices = [];
    private readonly Dictionary<string, int> _parts = [];
    private Optimizer _optimizer = null!;

    [GlobalSetup]
    public void Setup()
    {
        LibTorch.Load();
        for (int layer = 0; layer < 4; layer++)
        {
            foreach ((string name, long rows, long columns) in ((string, long, long)[])[("qkv", 384, 128), ("out", 128, 128), ("up", 496, 128), ("down", 128, 496)])
                _matrices.Add(($"{name}.{layer}", new Parameter(randn(rows, columns))));
            _parts[$"qkv.{layer}"] = 3;
        }

        _optimizer = new Optimizer(new MuonOptions(), [new ParameterGroup(ParameterRole.HiddenMatrix, _matrices) { RowParts = _parts }]);
    }

    // A step consumes the gradients.
    [IterationSetup]
    public void MakeGradients()
    {
        foreach ((string _, Parameter parameter) in _matrices)
            parameter.grad = randn(parameter.shape);
    }

    [Benchmark]
    public void Step() => _optimizer.Step(learningRate: 1e-3);

    [GlobalCleanup]
    public void Cleanup()
    {
        _optimizer.Dispose();
        foreach ((string _, Parameter parameter) in _matrices)
            parameter.Dispose();
    }
}

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
