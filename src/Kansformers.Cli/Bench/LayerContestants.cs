using Kansformers.Kan;
using Kansformers.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Cli.Bench;

/// <summary>Makes the contestants of a layer case: forward and backward, with the gradients of the input and of every weight.</summary>
internal sealed class LayerContestants : IDisposable
{
    public const string Reference = "reference", Ours = "ours", Bound = "bound", Linear = "linear", Dense = "dense", Sparse = "sparse";

    private readonly LayerCase _case;
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly List<nn.Module> _modules = [];
    private readonly Lazy<(Tensor X, Tensor Upstream)> _data;

    public LayerContestants(LayerCase layer)
    {
        _case = layer;
        _data = new(() => Data(ScalarType.Float32));
    }

    public Contestant Make(string name) => name switch
    {
        Bound => new GemmBound(_case.Tokens, _case.Width, _case.Out, _case.Precision.ProductType()).As(name),
        Dense or Sparse => Forced(name),
        _ => Run(name).As(name),
    };

    /// <summary>Whether the layer takes the sparse path when it may choose.</summary>
    public bool IsSparse()
    {
        using KanLinear layer = new(_case.In, _case.Out, _case.Options) { Precision = _case.Precision };
        return layer.PathOf(_case.Tokens, gradients: true) == EnginePath.LiveCoefficients;
    }

    // The engine on one of its two paths, whichever it would choose.
    private Contestant Forced(string name)
    {
        ModuleRun run = Run(Ours);
        KanLinear layer = (KanLinear)_modules[^1];
        layer.Engine = name == Sparse
            ? layer.Engine with { Path = EnginePath.LiveCoefficients }
            : layer.Engine with { Avoided = EnginePath.LiveCoefficients };
        return run.As(name);
    }

    /// <summary>The contestant as a module: any but the bound.</summary>
    public ModuleRun Run(string name)
    {
        if (name == Linear)
        {
            nn.Module<Tensor, Tensor> linear = nn.Linear(_case.In, _case.Out, hasBias: false).to(_case.Precision.ProductType());
            _modules.Add(linear);
            (Tensor x, Tensor upstream) = _case.Precision == Precision.Float32 ? _data.Value : Data(_case.Precision.ProductType());
            return new ModuleRun(linear, x, upstream);
        }

        KanLinear layer = new(_case.In, _case.Out, _case.Options) { UseReference = name == Reference };
        _modules.Add(layer);
        if (name == Ours)
            layer.Precision = _case.Precision;
        return new ModuleRun(layer, _data.Value.X, _data.Value.Upstream);
    }

    public void Dispose()
    {
        _modules.ForEach(module => module.Dispose());
        _scope.Dispose();
    }

    private (Tensor X, Tensor Upstream) Data(ScalarType type)
    {
        using var scope = NewDisposeScope();
        Tensor x = randn(_case.Tokens, _case.In).mul_(0.5).to_type(type).requires_grad_(), upstream = randn(_case.Tokens, _case.Out).to_type(type);
        return (x.MoveToOuterDisposeScope(), upstream.MoveToOuterDisposeScope());
    }
}
