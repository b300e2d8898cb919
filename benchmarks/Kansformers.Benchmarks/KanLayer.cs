using BenchmarkDotNet.Attributes;
using Kansformers.Kan;
using Kansformers.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Benchmarks;

/// <summary>
/// One layer with grid 5 and order 3, float32, in four ways. <c>MatrixProducts</c> is the bound: a KAN layer is a product with
/// (coefficients + 1) · in columns, so nothing that uses libtorch's products can be faster; the ratio column says how near each comes.
/// </summary>
public abstract class KanLayer
{
    private readonly BSplineOptions _options = new();
    private DisposeScope? _scope;

    [ParamsSource(nameof(Sizes))]
    public LayerSize Size { get; set; } = new(1, 1, 1);

    public static IEnumerable<LayerSize> Sizes => LayerSize.All;

    /// <summary>(tokens, in).</summary>
    protected Tensor X { get; private set; } = null!;

    /// <summary>The gradient that comes from above, (tokens, out).</summary>
    protected Tensor OutGradient { get; private set; } = null!;

    /// <summary>The inputs after expansion into base activation and splines, (tokens, in * (coefficients + 1)).</summary>
    protected Tensor Expanded { get; private set; } = null!;

    /// <summary>The weight of all of them, (in * (coefficients + 1), out).</summary>
    protected Tensor Weight { get; private set; } = null!;

    protected KanLinear Fused { get; private set; } = null!;

    protected KanLinear Reference { get; private set; } = null!;

    protected Linear Plain { get; private set; } = null!;

    [GlobalSetup]
    public void Setup()
    {
        LibTorch.Load();
        random.manual_seed(1);
        _scope = NewDisposeScope();
        long columns = Size.In * (_options.Coefficients + 1L);
        X = randn(Size.Tokens, Size.In).mul_(0.5).requires_grad_();
        OutGradient = randn(Size.Tokens, Size.Out);
        Expanded = randn(Size.Tokens, columns);
        Weight = randn(columns, Size.Out);
        Fused = new KanLinear(Size.In, Size.Out, _options);
        Reference = new KanLinear(Size.In, Size.Out, _options) { UseReference = true };
        Plain = nn.Linear(Size.In, Size.Out, hasBias: false);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        Fused.Dispose();
        Reference.Dispose();
        Plain.Dispose();
        _scope?.Dispose();
    }
}
