using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>The grid that samples ask for: mostly their quantiles, a little uniform, extended evenly on both sides.</summary>
internal static class GridTarget
{
    /// <summary>efficient-kan's target grid, operation by operation.</summary>
    /// <param name="x">(samples, in), finite.</param>
    /// <param name="options">Grid size, order and eps.</param>
    /// <param name="margin">How far the uniform part reaches beyond the samples.</param>
    /// <returns>(in, knots), of the samples' type.</returns>
    public static Tensor From(Tensor x, BSplineOptions options, double margin)
    {
        using var scope = NewDisposeScope();
        int size = options.GridSize, order = options.SplineOrder;
        Tensor sorted = x.sort(dim: 0).Values;
        Tensor adaptive = sorted[tensor(QuantilePlaces(x.shape[0], size + 1), device: x.device)];
        Tensor step = (sorted[-1] - sorted[0] + 2 * margin) / size;
        Tensor uniform = Count(0, size + 1, x) * step + sorted[0] - margin;
        Tensor inner = options.GridEps * uniform + (1 - options.GridEps) * adaptive;
        Tensor below = inner[..1] - step * Count(1, order + 1, x).flip(0);
        Tensor above = inner[^1..] + step * Count(1, order + 1, x);
        return cat([below, inner, above], dim: 0).transpose(0, 1).contiguous().MoveToOuterDisposeScope();
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

    /// <summary>Widens intervals that float32 could not tell from empty ones, so that no knot coincides with its neighbour.</summary>
    /// <param name="grid">(in, knots), double, ascending.</param>
    public static Tensor Separate(Tensor grid)
    {
        using var scope = NewDisposeScope();
        Tensor least = grid.abs().amax([1L], keepdim: true) * (64 * 1.1920929e-7) + 1e-30;
        Tensor widths = (grid[.., 1..] - grid[.., ..^1]).maximum(least);
        Tensor start = (grid[.., ..1] + grid[.., ^1..] - widths.sum(1, keepdim: true)) / 2;
        return cat([start, start + widths.cumsum(1)], dim: 1).MoveToOuterDisposeScope();
    }

    private static Tensor Count(int from, int to, Tensor like) =>
        arange(from, to, dtype: like.dtype, device: like.device).unsqueeze(1);
}
