using Kansformers.Kan;
using static TorchSharp.torch;

namespace Kansformers.Inspection;

/// <summary>
/// What a layer makes of each input before anything is summed over inputs: for edges the basis and, behind it, the base activation, of which an edge is a weighted sum; for
/// shared functions what their basis and what their base activation give.
/// </summary>
internal static class ColumnExpansion
{
    /// <summary>How many columns an input has.</summary>
    public static long Columns(KanTensors tensors) => (tensors.IsEdge ? tensors.Options.Functions : 1) + (HasBase(tensors) ? 1 : 0);

    /// <summary>Whether the last column is the base activation's.</summary>
    public static bool HasBase(KanTensors tensors) => tensors.Find(KanRole.Base) is not null || tensors.Find(KanRole.FunctionBase) is not null;

    /// <summary>The columns.</summary>
    /// <param name="x">(tokens, in).</param>
    /// <param name="tensors">The layer's tensors.</param>
    /// <returns>(tokens, in, columns).</returns>
    public static Tensor Of(Tensor x, KanTensors tensors)
    {
        using var scope = NewDisposeScope();
        Tensor seen = KanReference.Normalised(x, tensors), expanded = tensors.Options.Expand(seen, tensors);
        if (tensors.Find(KanRole.FunctionCoefficients) is Tensor shared)
            expanded = (expanded * KanReference.EachInput(shared, tensors)).sum([-1L], keepdim: true);
        if (!HasBase(tensors))
            return expanded.MoveToOuterDisposeScope();
        bool seesNorm = !tensors.IsEdge && tensors.Options.Norm == InputNorm.LayerNorm;
        Tensor activated = BaseActivations.Apply(tensors.Options.BaseActivation!.Value, seesNorm ? seen : x).unsqueeze(-1);
        if (tensors.Find(KanRole.FunctionBase) is Tensor factor)
            activated *= KanReference.EachInput(factor.unsqueeze(-1), tensors);
        return cat([expanded, activated], -1).MoveToOuterDisposeScope();
    }
}
