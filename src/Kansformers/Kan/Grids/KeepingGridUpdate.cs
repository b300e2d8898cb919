using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>A grid update after which the layer computes what it computed before.</summary>
/// <remarks>
/// Functions on one grid cannot in general equal functions on another. Where the samples' own grid would change the outputs by more than
/// <see cref="GridOptions.GridTolerance"/> allows, on the samples or anywhere else, the grid goes only part of the way; updates after more
/// learning take it further. Updates without learning between them all keep the one function that was there before the first (<see cref="GridAnchor"/>). The weights, not scaler × weight, are carried over, so a scaler of zero does no harm.
/// </remarks>
internal static class KeepingGridUpdate
{
    // What the old function counts beyond the new grid's range when the grid moves there whatever it costs: it cannot be kept there,
    // and must not be paid for with what can. It only holds coefficients that nothing else does.
    private const double FaintWeight = 1e-5;
    private const int Trials = 12;

    // So many places of the sorted samples stand for all of them in the fit; what it changes is measured on all.
    private const long FittedSamples = 256;

    /// <summary>Moves the grid.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="seen">What the basis sees of the samples, (samples, in).</param>
    /// <param name="margin">How far the uniform part of the new grid reaches beyond the samples.</param>
    /// <param name="largestOutput">The largest absolute output of the layer on the samples.</param>
    public static GridUpdateReport Run(KanLinear layer, Tensor seen, double margin, Func<double> largestOutput)
    {
        using var scope = NewDisposeScope();
        GridAnchor anchor = layer.Anchor = GridAnchor.Of(layer, layer.Anchor);
        GridState here = GridState.Of(layer), old = anchor.State;
        if (!old.Coefficients.isfinite().all().item<bool>() || old.Options.GridRoles.Any(role => !old.Tensors[role].isfinite().all().item<bool>() || !here.Tensors[role].isfinite().all().item<bool>()))
            return new GridUpdateReport(0, 0, 0); // nothing here can be kept
        Tensor wide = seen.to_type(ScalarType.Float64), samples = wide.transpose(0, 1).contiguous(), few = Few(samples);
        Dictionary<KanRole, Tensor> wanted = old.Options.GridFor(wide, here.Tensors, margin);
        Limits limits = Limits.Of(old, largestOutput);
        Attempt? best = null;
        double moved = 1, failed = double.PositiveInfinity, least = 0.7;
        for (int trial = 0; trial < Trials; trial++)
        {
            GridState there = here.On(old.Options.Between(here.Tensors, wanted, moved));
            Attempt attempt = Try(old, there, (samples, few), limits) with { Moved = moved };
            double excess = limits.Excess(attempt);
            if (excess <= 1)
            {
                best?.Move.Dispose();
                best = attempt;
                if (excess > 0.5 || moved == 1 || failed <= 1.5 * moved)
                    break;
            }
            else
            {
                attempt.Move.Dispose();
                failed = moved;
            }

            // Near the old grid the change grows with the distance, so a step in proportion comes close in two or three trials. Far from it
            // the change is the same anywhere: steps grow until they are near, and the last ones go back as far as is allowed.
            moved = best is null ? moved * Math.Clamp(0.9 / excess, Math.Min(1e-6, least), least)
                : Math.Min(best.Moved * 0.9 / Math.Max(limits.Excess(best), 1e-12), failed > 1 ? 1 : Math.Sqrt(best.Moved * failed));
            least *= least;
        }

        if (best is null)
            return new GridUpdateReport(0, 0, 0);
        best.Move.Store(layer);
        anchor.Leave(layer);
        return new GridUpdateReport(best.Moved, best.Change, best.ChangeAnywhere);
    }

    // What goes too far anywhere is not measured on the samples.
    private static Attempt Try(GridState old, GridState there, (Tensor All, Tensor Few) samples, Limits limits)
    {
        GridMove move = GridMove.Fit(old, there, samples.Few, limits.AreFinite ? 1 : FaintWeight);
        GridChange change = new(old, move);
        double anywhere = change.Anywhere();
        return new Attempt(move, 0, anywhere > limits.Anywhere ? 0 : change.On(samples.All), anywhere);
    }

    private static Tensor Few(Tensor samples)
    {
        long count = samples.shape[1];
        if (count <= FittedSamples)
            return samples;
        long[] places = [.. Enumerable.Range(0, (int)FittedSamples).Select(i => (2 * i + 1) * count / (2 * FittedSamples))];
        return samples.sort(dim: 1).Values.index_select(1, tensor(places, device: samples.device));
    }

    /// <summary>How much an update may change.</summary>
    private sealed record Limits(double OnSamples, double Anywhere)
    {
        public bool AreFinite => double.IsFinite(Anywhere);

        // Zero outputs on the samples have no share: what the functions reach elsewhere is a layer's scale as well. Both are finite numbers,
        // since an infinite tolerance times zero, or infinite outputs, would make the limits NaN or none.
        public static Limits Of(GridState old, Func<double> largestOutput)
        {
            double tolerance = old.Options.GridTolerance;
            if (double.IsPositiveInfinity(tolerance))
                return new Limits(tolerance, tolerance);
            double largest = Math.Max(largestOutput(), new GridChange(old, null).Anywhere());
            largest = double.IsFinite(largest) ? largest : float.MaxValue;
            return new Limits(tolerance * Math.Min(1, largest), tolerance * largest);
        }

        // The change as a share of what is allowed; no number is an infinite change, whatever is allowed.
        public double Excess(Attempt attempt) =>
            !double.IsFinite(attempt.Change) || !double.IsFinite(attempt.ChangeAnywhere) ? double.PositiveInfinity
                : Math.Max(Share(attempt.Change, OnSamples), Share(attempt.ChangeAnywhere, Anywhere));

        private static double Share(double change, double limit) => change == 0 ? 0 : change / limit;
    }

    private sealed record Attempt(GridMove Move, double Moved, double Change, double ChangeAnywhere);
}
