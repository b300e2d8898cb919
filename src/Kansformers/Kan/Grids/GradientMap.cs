using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// What becomes of gradients of a layer's coefficients, and of what an optimizer remembers of them, when its functions go to another grid that holds the old ones.
/// </summary>
/// <remarks>
/// <para>The gradient of coefficient j is g_j = ∫ r B_j, where r(x) is how the loss changes with the function's value at x. New coefficients T c of the same function have
/// gradients g' with T' g' = g, which leaves g' open in the directions that are new. It is taken as what the smallest r says that explains the old ones: r in the span of the old
/// basis, so that g' = C G⁻¹ g with G = ∫ B B' of the old basis and C = ∫ B_new B'. (The smallest g' itself would forget that neighbouring functions overlap.)</para>
/// <para>Squares of gradients are those of sums over tokens that hardly depend on each other: v_j = ∫ ρ B_j². The new ones take ρ as the mean of v / ∫ B² over the old functions
/// that a new one overlaps, weighted by ∫ B_new² B²: never negative, and exact where ρ is constant.</para>
/// </remarks>
/// <param name="Means">C G⁻¹, (units, new n, old n), double.</param>
/// <param name="Squares">The map of squares, as large.</param>
/// <param name="Before">How the layer stored coefficients of edges; null where functions are shared.</param>
/// <param name="After">How the new one does.</param>
internal sealed record GradientMap(Tensor Means, Tensor Squares, CoefficientAxes? Before, CoefficientAxes? After) : IDisposable
{
    private const long ChunkElements = 1 << 21;

    /// <summary>The map from one grid to another, to be disposed.</summary>
    public static GradientMap Of(GridState old, GridState now)
    {
        using var scope = NewDisposeScope();
        Tensor everywhere = cat([now.Probes(), old.Probes()], 1);
        List<Tensor> grams = [], crosses = [], overlaps = [], sizes = [];
        foreach (Range part in old.Parts(everywhere.shape[1] * (old.Options.Functions + now.Options.Functions), ChunkElements))
        {
            using var inner = NewDisposeScope();
            Tensor at = GridState.RowsOf(everywhere, part), before = old.ValuesAt(at, part), after = now.ValuesAt(at, part).transpose(1, 2);
            grams.Add(before.transpose(1, 2).matmul(before).MoveToOuterDisposeScope());
            crosses.Add(after.matmul(before).MoveToOuterDisposeScope());
            overlaps.Add(after.square().matmul(before.square()).MoveToOuterDisposeScope());
            sizes.Add(after.square().sum([2L], keepdim: true).MoveToOuterDisposeScope());
        }

        Tensor gram = GridFit.OfUnits(grams, old), cross = GridFit.OfUnits(crosses, old), overlap = GridFit.OfUnits(overlaps, old), size = GridFit.OfUnits(sizes, old);
        Tensor means = GridFit.Solve(gram, cross.transpose(1, 2)).transpose(1, 2);
        Tensor ownSize = gram.diagonal(0, -2, -1).unsqueeze(1).clamp_min(1e-300), total = overlap.sum([2L], keepdim: true).clamp_min(1e-300);
        Tensor squares = size * (overlap / total) / ownSize;
        return new GradientMap(
            means.expand(old.Units, -1, -1).DetachFromDisposeScope(), squares.expand(old.Units, -1, -1).DetachFromDisposeScope(), Axes(old), Axes(now));

        static CoefficientAxes? Axes(GridState state) => state.Tensors.IsEdge ? state.Options.Axes(state.Tensors.InFeatures, state.Tensors.OutFeatures) : null;
    }

    /// <summary>The parameter that it speaks of.</summary>
    public KanRole Role => Before is null ? KanRole.FunctionCoefficients : KanRole.Coefficients;

    /// <summary>Gradients, or means of gradients, of the new coefficients.</summary>
    /// <param name="stored">Those of the old ones, as the layer stores coefficients.</param>
    /// <returns>Of the same type, as the new layer stores them.</returns>
    public Tensor OfMeans(Tensor stored) => Apply(Means, stored);

    /// <summary>Squares of gradients of the new coefficients, or their means.</summary>
    /// <param name="stored">Those of the old ones.</param>
    public Tensor OfSquares(Tensor stored) => Apply(Squares, stored);

    /// <inheritdoc/>
    public void Dispose()
    {
        Means.Dispose();
        Squares.Dispose();
    }

    private Tensor Apply(Tensor map, Tensor stored)
    {
        using var scope = NewDisposeScope();
        Tensor mapped = GridFit.Apply(map, Before?.ToEngine(stored) ?? stored, isEdge: Before is not null).to_type(stored.dtype);
        return (After?.ToStored(mapped) ?? mapped).MoveToOuterDisposeScope();
    }
}
