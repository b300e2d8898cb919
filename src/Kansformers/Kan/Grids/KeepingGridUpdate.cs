using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// A grid update after which the layer computes what it computed before. Every spline of an input is carried over by one small matrix,
/// new coefficients = T · old coefficients, the least-squares map between the two bases on the samples and, with the same weight, over every
/// knot interval of both grids: where samples are silent the old function decides.
/// </summary>
/// <remarks>
/// Splines on one set of knots cannot in general equal splines on another. Where the samples' own grid would change the outputs by more than
/// <see cref="BSplineOptions.GridTolerance"/> allows, on the samples or anywhere else, the grid goes only part of the way; updates after more
/// learning take it further. Updates without learning between them all keep the one function that was there before the first (<see cref="GridAnchor"/>). The weights, not scaler × weight, are carried over, so a scaler of zero does no harm.
/// </remarks>
internal static class KeepingGridUpdate
{
    // What the old function counts beyond the new grid's inner knots when the grid moves there whatever it costs: it cannot be kept there,
    // and must not be paid for with what can. It only holds coefficients that nothing else does.
    private const double FaintWeight = 1e-5;
    private const long ChunkElements = 1 << 21;
    private const int Trials = 12;

    public static GridUpdateReport Run(KanLinear layer, Tensor x, double margin)
    {
        using var scope = NewDisposeScope();
        Tensor samples = x.to_type(ScalarType.Float64);
        Tensor here = layer.Grid!.to_type(ScalarType.Float64);
        GridAnchor anchor = layer.Anchor = GridAnchor.Of(layer, layer.Anchor);
        SplineState old = SplineState.Of(layer, anchor.Grid, anchor.Coefficients);
        if (!old.Weight.isfinite().all().item<bool>() || !old.Grid.isfinite().all().item<bool>())
            return new GridUpdateReport(0, 0, 0); // nothing here can be kept
        Tensor wanted = GridTarget.From(samples, (BSplineOptions)layer.Options, margin);
        Limits limits = Limits.Of(layer, x, old);
        Attempt? best = null;
        double moved = 1, failed = double.PositiveInfinity, least = 0.7;
        for (int trial = 0; trial < Trials; trial++)
        {
            Attempt attempt = Try(layer, samples, old, GridTarget.Separate(here + moved * (wanted - here)), limits) with { Moved = moved };
            double excess = limits.Excess(attempt);
            if (excess <= 1)
            {
                best?.Dispose();
                best = attempt;
                if (excess > 0.5 || moved == 1 || failed <= 1.5 * moved)
                    break;
            }
            else
            {
                attempt.Dispose();
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
        layer.Grid!.copy_(best.Grid);
        layer.Coefficients.copy_(best.Weight);
        anchor.Leave(layer);
        GridUpdateReport report = new(best.Moved, best.Change, best.ChangeAnywhere);
        best.Dispose();
        return report;
    }

    private static Attempt Try(KanLinear layer, Tensor samples, SplineState old, Tensor grid, Limits limits)
    {
        using var scope = NewDisposeScope();
        int order = old.Order;

        // The grid as the layer will hold it: the fit must answer for the knots that it will really use.
        Tensor target = grid.to_type(layer.Grid!.dtype).to_type(ScalarType.Float64);
        Tensor weight = empty_like(layer.Coefficients);
        Tensor before = zeros(samples.shape[0], layer.OutFeatures, dtype: ScalarType.Float64, device: samples.device);
        Tensor after = zeros_like(before);
        long points = samples.shape[0] + 2 * (order + 1L) * ((BSplineOptions)layer.Options).Knots;
        long chunk = Math.Max(1, ChunkElements / (points * ((BSplineOptions)layer.Options).Coefficients));
        for (long from = 0; from < layer.InFeatures; from += chunk)
        {
            using var inner = NewDisposeScope();
            Range part = new((Index)(int)from, (Index)(int)Math.Min(from + chunk, layer.InFeatures));
            Tensor x = samples[.., part], was = old.Grid[part], now = target[part];
            Tensor basesBefore = BSpline.Bases(x, was, order), basesAfter = BSpline.Bases(x, now, order);
            Tensor map = Map(basesBefore, basesAfter, was, now, order, limits.AreFinite ? 1 : FaintWeight);
            Tensor oldWeight = layer.Anchor!.Coefficients[.., part].to_type(ScalarType.Float64);
            weight[.., part] = einsum("oic,idc->oid", oldWeight, map).to_type(weight.dtype);
            before.add_(Output(basesBefore, old.Weight[.., part]));
            Tensor scaled = SplineState.Of(layer, target, weight).Weight[.., part];
            after.add_(Output(basesAfter, scaled));
        }

        double change = (after - before).abs().max().item<double>();
        double anywhere = SplineChange.Largest(old, SplineState.Of(layer, target, weight));
        return new Attempt(target.MoveToOuterDisposeScope(), weight.MoveToOuterDisposeScope(), 0, change, anywhere);
    }

    // T minimises, over the samples and over both grids, |new bases · T - old bases|²; (in, new, old).
    private static Tensor Map(Tensor basesBefore, Tensor basesAfter, Tensor was, Tensor now, int order, double outside)
    {
        using var scope = NewDisposeScope();
        Tensor everywhere = cat([SplineChange.Points(now, order), SplineChange.Points(was, order)], 0);
        Tensor pullBefore = BSpline.Bases(everywhere, was, order), pullAfter = BSpline.Bases(everywhere, now, order);
        Tensor inside = everywhere.ge(now[.., order]) & everywhere.le(now[.., ^(order + 1)]);
        Tensor weight = where(inside, 1.0, outside).to_type(ScalarType.Float64).unsqueeze(-1);
        Tensor gram = Products(basesAfter, basesAfter) + Products(weight * pullAfter, pullAfter);
        Tensor cross = Products(basesAfter, basesBefore) + Products(weight * pullAfter, pullBefore);
        return linalg.pinv(gram, rtol: 1e-14, hermitian: true).matmul(cross).MoveToOuterDisposeScope();
    }

    private static Tensor Products(Tensor a, Tensor b)
    {
        using var scope = NewDisposeScope();
        return (a.permute(1, 2, 0).matmul(b.transpose(0, 1)) / a.shape[0]).MoveToOuterDisposeScope();
    }

    private static Tensor Output(Tensor bases, Tensor weight)
    {
        using var scope = NewDisposeScope();
        return bases.flatten(1).matmul(weight.flatten(1).transpose(0, 1)).MoveToOuterDisposeScope();
    }

    /// <summary>How much an update may change.</summary>
    private sealed record Limits(double OnSamples, double Anywhere)
    {
        public bool AreFinite => double.IsFinite(Anywhere);

        // Zero outputs on the samples have no share: what the splines reach elsewhere is a layer's scale as well. Both are finite numbers,
        // since an infinite tolerance times zero, or infinite outputs, would make the limits NaN or none.
        public static Limits Of(KanLinear layer, Tensor x, SplineState old)
        {
            double tolerance = ((BSplineOptions)layer.Options).GridTolerance;
            if (double.IsPositiveInfinity(tolerance))
                return new Limits(tolerance, tolerance);
            using var scope = NewDisposeScope();
            double onSamples = layer.forward(x).abs().max().to_type(ScalarType.Float64).item<double>();
            double largest = Math.Max(onSamples, SplineChange.Largest(old, old with { Weight = zeros_like(old.Weight) }));
            largest = double.IsFinite(largest) ? largest : float.MaxValue;
            return new Limits(tolerance * Math.Min(1, largest), tolerance * largest);
        }

        // The change as a share of what is allowed; no number is an infinite change, whatever is allowed.
        public double Excess(Attempt attempt) =>
            !double.IsFinite(attempt.Change) || !double.IsFinite(attempt.ChangeAnywhere) ? double.PositiveInfinity
                : Math.Max(Share(attempt.Change, OnSamples), Share(attempt.ChangeAnywhere, Anywhere));

        private static double Share(double change, double limit) => change == 0 ? 0 : change / limit;
    }

    private sealed record Attempt(Tensor Grid, Tensor Weight, double Moved, double Change, double ChangeAnywhere) : IDisposable
    {
        public void Dispose()
        {
            Grid.Dispose();
            Weight.Dispose();
        }
    }
}
