using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// Where the gradients of a layer's weights go: straight to where autograd or a trainer wants them, but for coefficients that are stored in another order than
/// the engine's, which are put in order at the end.
/// </summary>
internal sealed class WeightTargets : IDisposable
{
    private readonly KanTensors _tensors;
    private readonly bool _reorders;

    /// <param name="layer">The layer.</param>
    /// <param name="wanted">Which gradients are wanted.</param>
    public WeightTargets(EngineLayer layer, GradientRequest wanted)
    {
        _tensors = layer.Tensors;
        _reorders = _tensors.IsEdge && !_tensors.Options.Axes(_tensors.InFeatures, _tensors.OutFeatures).IsPlain;
        Base = wanted.Base ? Open(_tensors[KanRole.Base]) : null;
        Scaler = wanted.Scaler ? Open(_tensors[KanRole.Scaler]) : null;
        if (wanted.Coefficients && _reorders)
            Coefficients = new GradientTarget(empty(layer.Outputs, layer.Plan.Inputs, layer.Plan.Bases).DetachFromDisposeScope(), false, false);
        else if (wanted.Coefficients)
            Coefficients = Open(_tensors[KanRole.Coefficients]);
    }

    /// <summary>Of the base weight, (out, in).</summary>
    public GradientTarget? Base { get; }

    /// <summary>Of the coefficients, in the engine's order: (out, in, n) numbers.</summary>
    public GradientTarget? Coefficients { get; }

    /// <summary>Of the scaler, (out, in).</summary>
    public GradientTarget? Scaler { get; }

    private IEnumerable<GradientTarget> Wanted => ((GradientTarget?[])[Base, Coefficients, Scaler]).Where(target => target is not null).Select(target => target!.Value);

    /// <summary>Fills what holds arbitrary numbers with zeros.</summary>
    public void Clear()
    {
        foreach (GradientTarget target in Wanted.Where(target => !target.Adds))
            target.Tensor.zero_();
    }

    /// <summary>The gradients for autograd, less what a trainer collects; new handles.</summary>
    public KanGradients Finish()
    {
        using var scope = NewDisposeScope();
        Tensor? coefficients = Coefficients is GradientTarget target && _reorders ? Reorder(target.Tensor) : Coefficients?.ForTorch?.alias();
        KanGradients found = new(null, Base?.ForTorch?.alias(), coefficients, Scaler?.ForTorch?.alias());
        found.MoveToOuterScope();
        return found;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (GradientTarget target in Wanted)
            target.ForTorch?.Dispose();
    }

    private static GradientTarget Open(Tensor parameter)
    {
        GradientTarget target = GradientBuffers.For(parameter);
        target.ForTorch?.DetachFromDisposeScope();
        return target;
    }

    private Tensor? Reorder(Tensor ours)
    {
        GradientTarget target = GradientBuffers.For(_tensors[KanRole.Coefficients]);
        Tensor stored = _tensors.Options.Axes(_tensors.InFeatures, _tensors.OutFeatures).ToStored(ours);
        _ = target.Adds ? target.Tensor.add_(stored) : target.Tensor.copy_(stored);
        return target.ForTorch;
    }
}
