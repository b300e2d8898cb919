using Kansformers.Kan;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>
/// Holds pruned edges of layers at 0 while a model learns, where their configuration says so (<see cref="KanOptions.Pruned"/>): their gradients count for nothing, neither in
/// clipping nor in the optimizer's moments, and what an optimizer does to whole matrices is undone.
/// </summary>
/// <param name="model">The model; which edges are pruned is read from its weights before the first step.</param>
internal sealed class PrunedWeights(TransformerModel model) : IDisposable
{
    private List<(KanLinear Layer, Tensor Mask)>? _masks;

    /// <summary>Forgets the gradients of pruned edges.</summary>
    public void ClearGradients() => Clear(parameter => parameter.grad);

    /// <summary>Sets pruned edges to 0 again.</summary>
    public void ClearWeights() => Clear(parameter => parameter);

    /// <inheritdoc/>
    public void Dispose() => _masks?.ForEach(entry => entry.Mask.Dispose());

    private void Clear(Func<Tensor, Tensor?> of)
    {
        using var scope = NewDisposeScope();
        _masks ??= [.. model.KanLayers().Where(entry => entry.Layer.Options is { Pruned: true, Sharing.IsEdge: true })
            .Select(entry => (entry.Layer, PrunedEdges.Of(entry.Layer.Tensors).DetachFromDisposeScope()))];
        foreach ((KanLinear layer, Tensor mask) in _masks)
            PrunedEdges.Clear(layer.Tensors, mask, of);
    }
}
