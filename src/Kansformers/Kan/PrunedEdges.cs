using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// Edges that are pruned: those whose coefficients and base weight are all exactly 0. The weights themselves say which, so that every file that holds the weights holds the
/// mask; <see cref="KanOptions.Pruned"/> says that training is to leave them so.
/// </summary>
internal static class PrunedEdges
{
    /// <summary>Which edges are pruned: (out, in), bool.</summary>
    /// <param name="tensors">The tensors of a layer with a function for each edge.</param>
    public static Tensor Of(KanTensors tensors)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Tensor kept = tensors.EngineCoefficients(tensors[KanRole.Coefficients].detach()).ne(0).any(-1);
        if (tensors.Find(KanRole.Base) is Tensor weight)
            kept |= weight.detach().ne(0);
        return kept.logical_not().MoveToOuterDisposeScope();
    }

    /// <summary>Sets everything that is learned of some edges to 0.</summary>
    /// <param name="tensors">The layer's tensors.</param>
    /// <param name="pruned">Which edges, (out, in), bool.</param>
    /// <param name="of">What of each parameter is meant: itself, or its gradient; null for nothing.</param>
    public static void Clear(KanTensors tensors, Tensor pruned, Func<Tensor, Tensor?> of)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        if (tensors.Find(KanRole.Base) is Tensor weight)
            of(weight)?.masked_fill_(pruned, 0);
        if (of(tensors[KanRole.Coefficients]) is not Tensor stored)
            return;
        CoefficientAxes axes = tensors.Options.Axes(tensors.InFeatures, tensors.OutFeatures);
        using Tensor wide = pruned.unsqueeze(-1).expand(-1, -1, tensors.Options.Functions).to_type(stored.dtype);
        stored.masked_fill_(axes.ToStored(wide).ne(0), 0);
    }
}
