using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>The original's grid update with its flaw, for exact reproduction (<see cref="GridUpdateRule.Original"/>).</summary>
internal static class OriginalGridUpdate
{
    /// <summary>Moves the grid.</summary>
    /// <param name="layer">A layer of B-splines on edges.</param>
    /// <param name="seen">What the basis sees of the samples, (samples, in).</param>
    /// <param name="margin">How far the uniform part of the new grid reaches beyond the samples.</param>
    public static GridUpdateReport Run(KanLinear layer, Tensor seen, double margin)
    {
        using var scope = NewDisposeScope();
        GridState before = GridState.Of(layer);
        before = before with { Coefficients = before.Coefficients.clone(), Tensors = before.Tensors.Map((_, tensor) => tensor.clone()) };
        Tensor samples = seen.to_type(ScalarType.Float64).transpose(0, 1).contiguous();
        Range all = ..(int)layer.InFeatures;
        Tensor scaled = layer.Scaler is null ? layer.Coefficients : layer.Coefficients * layer.Scaler.unsqueeze(-1);
        GridState after = before.On(new Dictionary<KanRole, Tensor> { [KanRole.Grid] = GridTarget.From(seen, (BSplineOptions)layer.Options, margin).to_type(ScalarType.Float64) });

        // The least squares of every curve at once: the map between the two bases serves all outputs, so no (n, in, out) tensor is needed.
        Tensor map = LeastSquares.Solve(after.ValuesAt(samples, all), before.ValuesAt(samples, all)); // (in, new, old)
        Tensor refit = einsum("oic,idc->oid", scaled.to_type(ScalarType.Float64), map).to_type(scaled.dtype);

        // The flaw: what was fitted already holds the scaler, and the scaler will multiply it again.
        Tensor lost = (refit.to_type(ScalarType.Float64) - GridFit.Apply(map, before)).to_type(before.WorkType);
        using GridMove move = new(after, map, refit, lost);
        GridChange change = new(before, move);
        GridUpdateReport report = new(1, change.On(samples), change.Anywhere());
        move.Store(layer);
        return report;
    }
}
