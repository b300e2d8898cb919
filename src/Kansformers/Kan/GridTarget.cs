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
    public static Tensor From(Tensor x, KanOptions options, double margin)
    {
        using var scope = NewDisposeScope();
        int size = options.GridSize, order = options.SplineOrder;
        Tensor sorted = x.sort(dim: 0).Values;
        Tensor adaptive = sorted[linspace(0, x.shape[0] - 1, size + 1, dtype: ScalarType.Int64, device: x.device)];
        Tensor step = (sorted[-1] - sorted[0] + 2 * margin) / size;
        Tensor uniform = Count(0, size + 1, x) * step + sorted[0] - margin;
        Tensor inner = options.GridEps * uniform + (1 - options.GridEps) * adaptive;
        Tensor below = inner[..1] - step * Count(1, order + 1, x).flip(0);
        Tensor above = inner[^1..] + step * Count(1, order + 1, x);
        return cat([below, inner, above], dim: 0).transpose(0, 1).contiguous().MoveToOuterDisposeScope();
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
