using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>A way from one grid to another.</summary>
/// <param name="Now">The grid there.</param>
/// <param name="Map">New coefficients = map · old coefficients, (units, new n, old n), double.</param>
/// <param name="Coefficients">The new coefficients, as they are stored.</param>
/// <param name="Lost">What the stored ones have more than the exact ones, in the type of products.</param>
internal sealed record GridMove(GridState Now, Tensor Map, Tensor Coefficients, Tensor Lost) : IDisposable
{
    /// <summary>Fits the functions to another grid.</summary>
    /// <param name="old">The functions.</param>
    /// <param name="now">The grid.</param>
    /// <param name="samples">(in, samples), double; null for none.</param>
    /// <param name="outside">What the old function counts beyond the new grid's range.</param>
    public static GridMove Fit(GridState old, GridState now, Tensor? samples, double outside)
    {
        using var scope = NewDisposeScope();
        Tensor map = GridFit.Map(old, now, samples, outside), exact = GridFit.Apply(map, old);
        Tensor stored = exact.to_type(old.Coefficients.dtype), lost = (stored.to_type(ScalarType.Float64) - exact).to_type(old.WorkType);
        return new GridMove(now, map.MoveToOuterDisposeScope(), stored.MoveToOuterDisposeScope(), lost.MoveToOuterDisposeScope());
    }

    /// <summary>Writes the grid and the coefficients into a layer.</summary>
    public void Store(KanLinear layer)
    {
        foreach (KanRole role in Now.Options.GridRoles)
            layer.Tensors[role].copy_(Now.Tensors[role]);
        if (layer.Tensors.IsEdge)
            layer.Coefficients.copy_(layer.Options.Axes(layer.InFeatures, layer.OutFeatures).ToStored(Coefficients));
        else
            layer.Tensors[KanRole.FunctionCoefficients].copy_(Coefficients);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Map.Dispose();
        Coefficients.Dispose();
        Lost.Dispose();
    }
}
