using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>The places that samples ask for: mostly their quantiles, a little uniform.</summary>
internal static class GridTarget
{
    /// <summary>efficient-kan's target grid, operation by operation, extended evenly on both sides.</summary>
    /// <param name="x">(samples, in), finite.</param>
    /// <param name="options">Grid size, order and eps.</param>
    /// <param name="margin">How far the uniform part reaches beyond the samples.</param>
    /// <returns>(in, knots), of the samples' type.</returns>
    public static Tensor From(Tensor x, BSplineOptions options, double margin)
    {
        using var scope = NewDisposeScope();
        int order = options.SplineOrder;
        (Tensor inner, Tensor step) = Places(x, options.GridSize, options.GridEps, margin);
        Tensor below = inner[..1] - step * Count(1, order + 1, x).flip(0);
        Tensor above = inner[^1..] + step * Count(1, order + 1, x);
        return cat([below, inner, above], dim: 0).transpose(0, 1).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>The places themselves, and the width of an interval where they are uniform.</summary>
    /// <param name="x">(samples, columns), finite.</param>
    /// <param name="intervals">The intervals between the places.</param>
    /// <param name="eps">The uniform part.</param>
    /// <param name="margin">How far it reaches beyond the samples.</param>
    /// <returns>(intervals + 1, columns) and (columns), of the samples' type.</returns>
    public static (Tensor Places, Tensor Step) Places(Tensor x, int intervals, double eps, double margin)
    {
        using var scope = NewDisposeScope();
        Tensor sorted = x.sort(dim: 0).Values;
        Tensor adaptive = sorted[tensor(QuantilePlaces(x.shape[0], intervals + 1), device: x.device)];
        Tensor step = (sorted[-1] - sorted[0] + 2 * margin) / intervals;
        Tensor uniform = Count(0, intervals + 1, x) * step + sorted[0] - margin;
        Tensor inner = eps * uniform + (1 - eps) * adaptive;
        return (inner.MoveToOuterDisposeScope(), step.MoveToOuterDisposeScope());
    }

    /// <summary>
    /// Evenly spaced places in the sorted samples, both ends included, as the original's <c>torch.linspace</c> to integers chose them.
    /// Where a place falls between two samples its rounding is part of the original's numbers, and newer versions of torch round otherwise:
    /// whole groups of eight come from two starts, each cut to an integer and continued in steps; the rest is counted from the nearer end.
    /// </summary>
    internal static long[] QuantilePlaces(long samples, int count)
    {
        const int lanes = 4, group = 2 * lanes;
        long last = samples - 1;
        double step = last / (double)(count - 1);
        long[] places = new long[count];
        for (int i = 0; i < count; i++)
        {
            int lane = i < count / group * group ? i % lanes : 0;
            places[i] = (long)(Cut(i - lane) + lane * step);
        }

        return places;

        long Cut(int i) => (long)(i < count / 2 ? step * i : last - step * (count - i - 1));
    }

    /// <summary>Widens intervals that float32 could not tell from empty ones, so that no place coincides with its neighbour.</summary>
    /// <param name="grid">(rows, places), double, ascending.</param>
    public static Tensor Separate(Tensor grid)
    {
        using var scope = NewDisposeScope();
        Tensor least = grid.abs().amax([1L], keepdim: true) * (64 * 1.1920929e-7) + 1e-30;
        Tensor widths = (grid[.., 1..] - grid[.., ..^1]).maximum(least);
        Tensor start = (grid[.., ..1] + grid[.., ^1..] - widths.sum(1, keepdim: true)) / 2;
        return cat([start, start + widths.cumsum(1)], dim: 1).MoveToOuterDisposeScope();
    }

    /// <summary>More places between those that there are, evenly in their count: where the counts are multiples, the old places are among the new ones.</summary>
    /// <param name="places">(rows, places), ascending.</param>
    /// <param name="intervals">The intervals to make.</param>
    /// <returns>(rows, intervals + 1).</returns>
    public static Tensor Finer(Tensor places, int intervals)
    {
        using var scope = NewDisposeScope();
        long old = places.shape[1] - 1;
        long[] left = new long[intervals + 1];
        double[] share = new double[intervals + 1];
        for (long i = 0; i <= intervals; i++)
        {
            left[i] = Math.Min(i * old / intervals, old - 1);
            share[i] = (i * old - left[i] * intervals) / (double)intervals;
        }

        Tensor from = tensor(left, device: places.device), at = tensor(share, device: places.device);
        Tensor low = places.index_select(1, from), high = places.index_select(1, from + 1);
        return where(at.eq(1.0), high, low + at * (high - low)).MoveToOuterDisposeScope();
    }

    private static Tensor Count(int from, int to, Tensor like) =>
        arange(from, to, dtype: like.dtype, device: like.device).unsqueeze(1);
}
