using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// How the coefficients of edges are stored, and how that becomes the engine's order, (out, in, n). Programs store them in orders of their own, and a
/// layer keeps its program's.
/// </summary>
/// <param name="Stored">The shape of the parameter.</param>
/// <param name="View">The same numbers with each axis apart.</param>
/// <param name="Order">For each axis of (out, in, n...), which axis of <paramref name="View"/> it is.</param>
internal sealed record CoefficientAxes(long[] Stored, long[] View, long[] Order)
{
    /// <summary>Whether the parameter is in the engine's order as it lies.</summary>
    public bool IsPlain => Order.Index().All(axis => axis.Index == axis.Item);

    /// <summary>(out, in, n).</summary>
    public static CoefficientAxes Plain(long outFeatures, long inFeatures, long functions) =>
        new([outFeatures, inFeatures, functions], [outFeatures, inFeatures, functions], [0, 1, 2]);

    /// <summary>(out, in · n), as a linear layer over the flattened expansion stores it.</summary>
    public static CoefficientAxes Flat(long outFeatures, long inFeatures, long functions) =>
        new([outFeatures, inFeatures * functions], [outFeatures, inFeatures, functions], [0, 1, 2]);

    /// <summary>The parameter in the engine's order; a view where that is possible, differentiable.</summary>
    /// <returns>(out, in, n).</returns>
    public Tensor ToEngine(Tensor stored)
    {
        using var scope = NewDisposeScope();
        Tensor ordered = stored.view(View).permute(Order);
        return ordered.reshape(ordered.shape[0], ordered.shape[1], -1).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Numbers in the engine's order as the parameter stores them.</summary>
    /// <param name="ours">(out, in, n).</param>
    public Tensor ToStored(Tensor ours)
    {
        using var scope = NewDisposeScope();
        long[] inverse = new long[Order.Length];
        for (int axis = 0; axis < Order.Length; axis++)
            inverse[Order[axis]] = axis;
        return ours.reshape([.. Order.Select(axis => View[axis])]).permute(inverse).reshape(Stored).contiguous().MoveToOuterDisposeScope();
    }
}
