using Kansformers.Kan;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>A function without parameters, element by element, on the engine that computes learned ones.</summary>
internal sealed class FixedActivation : nn.Module<Tensor, Tensor>
{
    private readonly long _width;
    private readonly ElementSources _sources;
    private readonly KanPlan?[] _plans = new KanPlan?[2];

    /// <param name="width">The size of the last dimension.</param>
    /// <param name="activation">The function.</param>
    public FixedActivation(long width, BaseActivation activation)
        : base(nameof(FixedActivation)) => (_width, _sources) = (width, new ElementSources(null, new ElementSource(width, null, activation), null));

    /// <summary>The function for single tokens; null where the engine does not compute it so.</summary>
    public ITokenLayer? OpenTokens() => ElementTokens.Open(_sources, EngineSettings.OfThisMachine, _plans);

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return ElementFunction.Apply(_sources, input.reshape(-1, _width), EngineSettings.OfThisMachine, _plans).reshape(input.shape).MoveToOuterDisposeScope();
    }
}
