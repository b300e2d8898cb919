using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// The least-squares map between two bases of a layer: new coefficients = T · old coefficients minimises |new basis · T - old basis|² over the samples and, with the
/// same weight, over all of both grids, so that where samples are silent the old function decides. It serves every output at once.
/// </summary>
internal static class GridFit
{
    private const long ChunkElements = 1 << 21;

    // Beside a basis that is nearly dependent (wide functions near to each other) coefficients that stay near to what they were are better than a residue of
    // nothing: a forward pass in float32 loses more by large ones.
    private const double Ridge = 1e-11;

    /// <summary>The map of every unit of functions.</summary>
    /// <param name="old">The functions as they were.</param>
    /// <param name="now">The grid that they go to.</param>
    /// <param name="samples">Samples of each input, (in, samples), double; null for none.</param>
    /// <param name="outside">What the old function counts beyond the new grid's range.</param>
    /// <returns>(units, new n, old n), double.</returns>
    public static Tensor Map(GridState old, GridState now, Tensor? samples, double outside)
    {
        using var scope = NewDisposeScope();
        Tensor everywhere = cat([now.Probes(), old.Probes()], 1);
        long points = everywhere.shape[1] + (samples?.shape[1] ?? 0);
        List<Tensor> grams = [], crosses = [];
        foreach (Range part in old.Parts(points * (old.Options.Functions + now.Options.Functions), ChunkElements))
        {
            using var inner = NewDisposeScope();
            (Tensor low, Tensor high) = now.Options.Ends(now.Options.OfInputs(now.Tensors, part));
            Tensor at = GridState.RowsOf(everywhere, part), weight = where(at.ge(low.unsqueeze(1)) & at.le(high.unsqueeze(1)), 1.0, outside).to_type(ScalarType.Float64) / at.shape[1];
            if (samples is not null)
            {
                Tensor some = samples[part];
                at = cat([some, at.expand(some.shape[0], -1)], 1);
                weight = cat([full_like(some, 1.0 / some.shape[1]), weight.expand(some.shape[0], -1)], 1);
            }

            Tensor after = now.ValuesAt(at, part), weighted = (after * weight.unsqueeze(-1)).transpose(1, 2);
            grams.Add(weighted.matmul(after).MoveToOuterDisposeScope());
            crosses.Add(weighted.matmul(old.ValuesAt(at, part)).MoveToOuterDisposeScope());
        }

        Tensor gram = OfUnits(grams, old), near = Near(old, now);
        return (near + Solve(gram, OfUnits(crosses, old) - gram.matmul(near))).expand(old.Units, -1, -1).MoveToOuterDisposeScope();
    }

    /// <summary>The coefficients after a map, exactly.</summary>
    /// <returns>Double, of the shape of the state's coefficients but for n.</returns>
    public static Tensor Apply(Tensor map, GridState old) => Apply(map, old.Coefficients, old.Tensors.IsEdge);

    /// <summary>A map of numbers that lie as coefficients do.</summary>
    /// <param name="map">(units, new n, old n), double.</param>
    /// <param name="values">(out, in, old n) of edges, or (functions, old n).</param>
    /// <param name="isEdge">Which of the two.</param>
    /// <returns>Double, of that shape but for n.</returns>
    public static Tensor Apply(Tensor map, Tensor values, bool isEdge)
    {
        using var scope = NewDisposeScope();
        Tensor wide = values.to_type(ScalarType.Float64);
        Tensor mapped = isEdge ? wide.permute(1, 0, 2).matmul(map.transpose(1, 2)).transpose(0, 1) : map.matmul(wide.unsqueeze(-1)).squeeze(-1);
        return mapped.contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>The solution X of G X = C for symmetric matrices that are positive or nearly so, batch by batch: by Cholesky, or by eigenvalues where that fails.</summary>
    /// <param name="gram">(batch, n, n), double.</param>
    /// <param name="cross">(batch, n, k), double.</param>
    internal static Tensor Solve(Tensor gram, Tensor cross)
    {
        using var scope = NewDisposeScope();
        long n = gram.shape[^1];
        Tensor scale = gram.diagonal(0, -2, -1).mean([-1L]).view(-1, 1, 1);
        Tensor lifted = gram + eye(n, dtype: gram.dtype, device: gram.device) * (scale * Ridge);
        (Tensor factor, Tensor info) = linalg.cholesky_ex(lifted);
        if (info.ne(0).any().item<bool>())
            return linalg.pinv(gram, rtol: 1e-14, hermitian: true).matmul(cross).MoveToOuterDisposeScope();
        return cross.cholesky_solve(factor).MoveToOuterDisposeScope();
    }

    // What a map is held to where the basis leaves it open: every function becomes the one in its place, as far as there is one. (new n, old n)
    private static Tensor Near(GridState old, GridState now)
    {
        Tensor before = old.Tensors[KanRole.Grid], after = now.Tensors[KanRole.Grid];
        (long from, long to) = (old.Options.Functions, now.Options.Functions);
        return from == to ? eye(from, dtype: ScalarType.Float64, device: before.device)
            : before.dim() == 1 ? after.unsqueeze(1).eq(before.unsqueeze(0)).to_type(ScalarType.Float64)
            : zeros(to, from, dtype: ScalarType.Float64, device: before.device);
    }

    /// <summary>Sums over inputs, part by part, as sums of each unit: inputs that share a function are fitted together.</summary>
    internal static Tensor OfUnits(List<Tensor> parts, GridState state)
    {
        Tensor all = parts[0].shape[0] == 1 && state.Inputs > 1 && parts.All(part => part.shape[0] == 1) && parts.Count < state.Inputs ? parts[0] : cat(parts, 0);
        return all.shape[0] == state.Units || all.shape[0] == 1 ? all : all.view(state.Units, -1, all.shape[1], all.shape[2]).sum(1);
    }
}
