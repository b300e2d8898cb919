using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// How far apart a layer's outputs are before and after its functions went to another grid. The difference of the two bases is what coefficients multiply, so that
/// nothing cancels in the products; what storing the new coefficients lost is added.
/// </summary>
/// <param name="old">The functions as they were.</param>
/// <param name="move">Where they went; null for the size of the old functions themselves.</param>
internal sealed class GridChange(GridState old, GridMove? move)
{
    private const long ChunkElements = 1 << 21;

    /// <summary>
    /// The largest absolute difference of an output for any inputs. An output is a sum over inputs that vary on their own, so that the largest difference is the sum
    /// of every input's largest: no sampling of combinations is needed, and changes of successive updates bound their sum's.
    /// </summary>
    public double Anywhere()
    {
        using var scope = NewDisposeScope();
        Tensor everywhere = move is null ? old.Probes() : cat([old.Probes(), move.Now.Probes()], 1);
        Tensor rise = zeros(old.Tensors.OutFeatures, dtype: old.WorkType, device: everywhere.device), fall = zeros_like(rise);
        foreach (Range part in old.Parts(everywhere.shape[1] * (old.Tensors.IsEdge ? old.Tensors.OutFeatures + old.Options.Functions : 2L * old.Options.Functions), ChunkElements))
        {
            using var inner = NewDisposeScope();
            Tensor expansion = Expansion(GridState.RowsOf(everywhere, part), part);
            if (old.Tensors.IsEdge)
            {
                Tensor curves = expansion.matmul(Edges(part)); // (inputs, points, out)
                rise.add_(curves.amax([1L]).clamp_min(0.0).sum([0L]));
                fall.add_(curves.neg().amax([1L]).clamp_min(0.0).sum([0L]));
                continue;
            }

            Tensor shared = Functions(expansion, part), matrix = Matrix(part);
            Tensor up = shared.amax([1L]).clamp_min(0.0), down = shared.neg().amax([1L]).clamp_min(0.0), plus = matrix.clamp_min(0.0), minus = matrix.neg().clamp_min(0.0);
            rise.add_(plus.mv(up) + minus.mv(down));
            fall.add_(plus.mv(down) + minus.mv(up));
        }

        return Largest(rise.maximum(fall));
    }

    /// <summary>The largest absolute difference of an output on samples.</summary>
    /// <param name="samples">(in, samples), double.</param>
    public double On(Tensor samples)
    {
        using var scope = NewDisposeScope();
        Tensor total = zeros(samples.shape[1], old.Tensors.OutFeatures, dtype: old.WorkType, device: samples.device);
        foreach (Range part in old.Parts(samples.shape[1] * 2L * old.Options.Functions, ChunkElements))
        {
            using var inner = NewDisposeScope();
            Tensor expansion = Expansion(samples[part], part);
            total.add_(old.Tensors.IsEdge
                ? expansion.transpose(0, 1).flatten(1).matmul(Edges(part).flatten(0, 1))
                : Functions(expansion, part).transpose(0, 1).matmul(Matrix(part).transpose(0, 1)));
        }

        return Largest(total.abs());
    }

    // What coefficients and what storing them lost multiply: (inputs, points, old n + new n).
    private Tensor Expansion(Tensor at, Range part)
    {
        using var scope = NewDisposeScope();
        Tensor before = old.ValuesAt(at, part);
        if (move is null)
            return before.to_type(old.WorkType).MoveToOuterDisposeScope();
        Tensor after = move.Now.ValuesAt(at, part);
        Tensor map = old.Units == old.Inputs ? move.Map[part] : move.Map.repeat_interleave(old.Inputs / old.Units, dim: 0)[part];
        Tensor difference = after.matmul(map) - before;
        return cat([difference.to_type(old.WorkType), after.to_type(old.WorkType).expand(difference.shape[0], -1, -1)], -1).MoveToOuterDisposeScope();
    }

    // (inputs, old n + new n, out)
    private Tensor Edges(Range part)
    {
        using var scope = NewDisposeScope();
        Tensor weight = OldAndLost(tensor => tensor[.., part]);
        if (old.Tensors.Find(KanRole.Scaler) is Tensor scaler)
            weight *= scaler[.., part].unsqueeze(-1).to_type(old.WorkType);
        return weight.permute(1, 2, 0).MoveToOuterDisposeScope();
    }

    // (inputs, points)
    private Tensor Functions(Tensor expansion, Range part)
    {
        using var scope = NewDisposeScope();
        Tensor rows = OldAndLost(tensor => KanReference.EachInput(tensor, old.Tensors)[part]);
        return expansion.matmul(rows.unsqueeze(-1)).squeeze(-1).MoveToOuterDisposeScope();
    }

    private Tensor OldAndLost(Func<Tensor, Tensor> rows) => move is null ? rows(old.Coefficients).to_type(old.WorkType)
        : cat([rows(old.Coefficients).to_type(old.WorkType), rows(move.Lost)], -1);

    private Tensor Matrix(Range part) => old.Tensors[KanRole.Coefficients][.., part].to_type(old.WorkType);

    private static double Largest(Tensor values)
    {
        double largest = values.max().to_type(ScalarType.Float64).item<double>();
        return double.IsNaN(largest) ? double.PositiveInfinity : largest;
    }
}
