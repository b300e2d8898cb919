using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// A grid update after which the layer computes what it computed before. Every spline of an input is carried over by one small matrix,
/// new coefficients = T · old coefficients, the least-squares map between the two bases on the samples. A faint pull towards the old
/// function over the whole new grid decides where samples are silent, so that the map exists for any samples and keeps the function between them.
/// </summary>
/// <remarks>
/// Splines on one set of knots cannot in general equal splines on another. Where the samples' own grid would change the outputs by more than
/// <see cref="BSplineOptions.GridTolerance"/> allows, the grid goes only part of the way; repeated updates take it further. The weights, not
/// scaler × weight, are carried over, so a scaler of zero does no harm.
/// </remarks>
internal static class KeepingGridUpdate
{
    private const double Pull = 1e-9;
    private const int PullPointsPerInterval = 4;
    private const long ChunkElements = 1 << 21;
    private const int Trials = 10;

    public static GridUpdateReport Run(KanLinear layer, Tensor x, double margin)
    {
        using var scope = NewDisposeScope();
        Tensor samples = x.to_type(ScalarType.Float64);
        Tensor old = layer.Grid!.to_type(ScalarType.Float64);
        Tensor wanted = GridTarget.From(samples, (BSplineOptions)layer.Options, margin);
        using Tensor output = layer.forward(x);
        double limit = ((BSplineOptions)layer.Options).GridTolerance * Math.Min(1, output.abs().max().item<float>());
        double moved = 1;
        for (int trial = 0; trial < Trials; trial++)
        {
            using Attempt attempt = Try(layer, samples, old, wanted, moved);
            if (attempt.Change <= limit)
            {
                layer.Grid!.copy_(attempt.Grid);
                layer.Coefficients.copy_(attempt.Weight);
                return new GridUpdateReport(moved, attempt.Change);
            }

            // The change grows no faster than the distance, so a step in proportion comes close in two or three trials.
            moved *= Math.Clamp(0.9 * limit / attempt.Change, 1e-3, 0.7);
        }

        return new GridUpdateReport(0, 0);
    }

    private static Attempt Try(KanLinear layer, Tensor samples, Tensor old, Tensor wanted, double moved)
    {
        using var scope = NewDisposeScope();
        int order = ((BSplineOptions)layer.Options).SplineOrder;

        // The grid as float32 will hold it: the fit must answer for the knots that the layer will really use.
        Tensor target = GridTarget.Separate(old + moved * (wanted - old)).to_type(ScalarType.Float32).to_type(ScalarType.Float64);
        Tensor weight = empty_like(layer.Coefficients);
        Tensor before = zeros(samples.shape[0], layer.OutFeatures, dtype: ScalarType.Float64, device: samples.device);
        Tensor after = zeros_like(before);
        long chunk = Math.Max(1, ChunkElements / ((samples.shape[0] + 1) * ((BSplineOptions)layer.Options).Coefficients));
        for (long from = 0; from < layer.InFeatures; from += chunk)
        {
            using var inner = NewDisposeScope();
            Range part = new((Index)(int)from, (Index)(int)Math.Min(from + chunk, layer.InFeatures));
            Tensor x = samples[.., part], was = old[part], now = target[part];
            Tensor basesBefore = BSpline.Bases(x, was, order), basesAfter = BSpline.Bases(x, now, order);
            Tensor map = Map(basesBefore, basesAfter, was, now, order);
            Tensor oldWeight = layer.Coefficients[.., part].to_type(ScalarType.Float64);
            Tensor newWeight = einsum("oic,idc->oid", oldWeight, map).to_type(layer.Coefficients.dtype);
            weight[.., part] = newWeight;
            Tensor scaler = layer.Scaler is null ? ones(1, 1, 1, dtype: ScalarType.Float64, device: samples.device)
                : layer.Scaler[.., part].to_type(ScalarType.Float64).unsqueeze(-1);
            before.add_(Output(basesBefore, oldWeight * scaler));
            after.add_(Output(basesAfter, newWeight.to_type(ScalarType.Float64) * scaler));
        }

        double change = (after - before).abs().max().item<double>();
        return new Attempt(target.MoveToOuterDisposeScope(), weight.MoveToOuterDisposeScope(), double.IsNaN(change) ? double.PositiveInfinity : change);
    }

    // T minimises, over the samples and faintly over the whole new grid, |new bases · T - old bases|²; (in, new, old).
    private static Tensor Map(Tensor basesBefore, Tensor basesAfter, Tensor was, Tensor now, int order)
    {
        using var scope = NewDisposeScope();
        Tensor everywhere = PullPoints(now);
        Tensor pullBefore = BSpline.Bases(everywhere, was, order), pullAfter = BSpline.Bases(everywhere, now, order);
        Tensor gram = Products(basesAfter, basesAfter) + Pull * Products(pullAfter, pullAfter);
        Tensor cross = Products(basesAfter, basesBefore) + Pull * Products(pullAfter, pullBefore);
        return linalg.pinv(gram, rtol: 1e-14, hermitian: true).matmul(cross).MoveToOuterDisposeScope();
    }

    private static Tensor PullPoints(Tensor grid)
    {
        using var scope = NewDisposeScope();
        Tensor at = (arange(PullPointsPerInterval, dtype: ScalarType.Float64, device: grid.device) + 0.5) / PullPointsPerInterval;
        Tensor left = grid[.., ..^1].unsqueeze(-1), width = (grid[.., 1..] - grid[.., ..^1]).unsqueeze(-1);
        return (left + width * at).flatten(1).transpose(0, 1).MoveToOuterDisposeScope();
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

    private sealed record Attempt(Tensor Grid, Tensor Weight, double Change) : IDisposable
    {
        public void Dispose()
        {
            Grid.Dispose();
            Weight.Dispose();
        }
    }
}
