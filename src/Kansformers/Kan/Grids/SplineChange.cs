using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>The splines of a layer at one moment, their scalers multiplied in.</summary>
/// <param name="Grid">(in, knots), double.</param>
/// <param name="Weight">(out, in, coefficients), double.</param>
/// <param name="Order">The spline order.</param>
internal sealed record SplineState(Tensor Grid, Tensor Weight, int Order)
{
    /// <summary>The splines as they are.</summary>
    public static SplineState Of(KanLinear layer) => Of(layer, layer.Grid!, layer.Coefficients);

    /// <summary>The splines as they would be on another grid with other weights.</summary>
    public static SplineState Of(KanLinear layer, Tensor grid, Tensor weight) => new(
        grid.to_type(ScalarType.Float64),
        (layer.Scaler is null ? weight : weight * layer.Scaler.unsqueeze(-1)).to_type(ScalarType.Float64),
        ((BSplineOptions)layer.Options).SplineOrder);
}

/// <summary>
/// How far apart two states of a layer's splines are, wherever the inputs may lie. An output is a sum over inputs that vary on their own, so that the
/// largest difference is the sum of every input's largest: no sampling of combinations is needed, and changes of successive updates bound their sum's.
/// </summary>
internal static class SplineChange
{
    private const long ChunkElements = 1 << 21;

    /// <summary>The largest absolute difference of an output for any inputs, looked for at several points of every knot interval of both grids.</summary>
    public static double Largest(SplineState before, SplineState after)
    {
        using var scope = NewDisposeScope();
        (long outputs, long inputs) = (before.Weight.shape[0], before.Weight.shape[1]);
        Tensor rise = zeros(outputs, dtype: ScalarType.Float64, device: before.Grid.device), fall = zeros_like(rise);
        long points = (before.Grid.shape[1] + after.Grid.shape[1]) * PointsPerInterval(before.Order);
        long chunk = Math.Max(1, ChunkElements / (points * (outputs + before.Weight.shape[2])));
        for (long from = 0; from < inputs; from += chunk)
        {
            using var inner = NewDisposeScope();
            Range part = new((Index)(int)from, (Index)(int)Math.Min(from + chunk, inputs));
            Tensor was = before.Grid[part], now = after.Grid[part];
            Tensor at = cat([Points(was, before.Order), Points(now, before.Order)], 0);
            Tensor change = Curves(at, now, after, part) - Curves(at, was, before, part); // (in, points, out)
            rise.add_(change.amax([1L]).clamp_min(0.0).sum([0L]));
            fall.add_(change.neg().amax([1L]).clamp_min(0.0).sum([0L]));
        }

        double largest = rise.maximum(fall).max().item<double>();
        return double.IsNaN(largest) ? double.PositiveInfinity : largest;
    }

    /// <summary>Points inside every knot interval, enough to tell any two splines apart there; (points, in).</summary>
    /// <param name="grid">(in, knots).</param>
    /// <param name="order">The spline order.</param>
    public static Tensor Points(Tensor grid, int order)
    {
        using var scope = NewDisposeScope();
        int count = PointsPerInterval(order);
        Tensor at = (arange(count, dtype: ScalarType.Float64, device: grid.device) + 0.5) / count;
        Tensor left = grid[.., ..^1].unsqueeze(-1), width = (grid[.., 1..] - grid[.., ..^1]).unsqueeze(-1);
        return (left + width * at).flatten(1).transpose(0, 1).MoveToOuterDisposeScope();
    }

    private static int PointsPerInterval(int order) => order + 1;

    private static Tensor Curves(Tensor at, Tensor grid, SplineState splines, Range part)
    {
        using var scope = NewDisposeScope();
        return BSpline.Bases(at, grid, splines.Order).transpose(0, 1).matmul(splines.Weight[.., part].permute(1, 2, 0)).MoveToOuterDisposeScope();
    }
}
