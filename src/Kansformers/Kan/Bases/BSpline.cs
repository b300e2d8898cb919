using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>B-spline bases by the recursion of Cox and de Boor, operation by operation: the plain reference of every kernel here.</summary>
internal static class BSpline
{
    /// <summary>Uniform knots: <c>GridSize</c> intervals over the range, extended by <c>SplineOrder</c> intervals on both sides.</summary>
    /// <param name="options">Grid size, order and range.</param>
    /// <param name="inFeatures">How many inputs share that grid.</param>
    /// <param name="device">Where the tensor is made.</param>
    /// <returns>Float32, (in, grid size + 2 · order + 1), computed as the original computed it, to the last bit.</returns>
    public static Tensor UniformGrid(BSplineOptions options, long inFeatures, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var scope = NewDisposeScope();
        double step = (options.GridHigh - options.GridLow) / options.GridSize;
        Tensor grid = arange(-options.SplineOrder, options.GridSize + options.SplineOrder + 1, ScalarType.Int64, device)
            * step.ToScalar() + options.GridLow.ToScalar();
        return grid.to_type(ScalarType.Float32).expand(inFeatures, -1).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The value of every basis at every input. Knot intervals are half-open, [t, t'): at a knot the interval on its right counts.
    /// Outside the (extended) grid all bases are 0. Where knots repeat, the terms with a zero denominator count as 0, as de Boor defines them.
    /// Infinite inputs lie outside every grid: 0. NaN inputs give NaN.
    /// </summary>
    /// <param name="x">Inputs, (tokens, in).</param>
    /// <param name="grid">Knots in ascending order, (in, knots).</param>
    /// <param name="order">The spline order, at least 1.</param>
    /// <returns>(tokens, in, knots - order - 1); differentiable in <paramref name="x"/>.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static Tensor Bases(Tensor x, Tensor grid, int order)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(grid);
        long knots = grid.dim() == 2 ? grid.shape[1] : 0;
        if (x.dim() != 2 || grid.dim() != 2 || x.shape[1] != grid.shape[0] || order < 1 || knots < 2 * order + 2)
            throw new ArgumentException($"inputs ({string.Join(", ", x.shape)}) and a grid ({string.Join(", ", grid.shape)}) do not fit a spline of order {order}", nameof(x));

        using var scope = NewDisposeScope();
        if (x.dtype == ScalarType.Float32 && grid.device_type == DeviceType.CPU && ManyScales(grid))
            return Bases(x.to_type(ScalarType.Float64), grid.to_type(ScalarType.Float64), order).to_type(x.dtype).MoveToOuterDisposeScope();
        Tensor at = x.unsqueeze(-1);
        Tensor bases = (at.ge(grid[.., ..^1]) & at.lt(grid[.., 1..])).to_type(x.dtype);

        // Beyond the ends all bases are 0, and far away (x - t) / width would overflow, which times 0 is NaN: the factors use the nearest end.
        Tensor safe = at.clamp(grid[.., ..1], grid[.., ^1..]), least = (grid[.., ^1..] - grid[.., ..1]) * (4 / finfo(x.dtype).max);
        for (int k = 1; k <= order; k++)
        {
            Tensor left = grid[.., ..^(k + 1)], right = grid[.., (k + 1)..];
            bases = (safe - left) / Width(grid[.., k..^1] - left, least) * bases[.., .., ..^1]
                + (right - safe) / Width(right - grid[.., 1..^k], least) * bases[.., .., 1..];
        }

        // A comparison with NaN is false, which would turn a broken input into a quiet zero.
        return where(at.isnan(), full_like(at, double.NaN), bases).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>The bases, each continued outside the grid range as a straight line with its value and derivative at the end.</summary>
    /// <param name="x">Inputs, (tokens, in).</param>
    /// <param name="grid">Knots in ascending order, (in, knots), float32 or float64.</param>
    /// <param name="order">The spline order, at least 1.</param>
    /// <returns>(tokens, in, knots - order - 1); differentiable in <paramref name="x"/>.</returns>
    internal static Tensor ContinuedBases(Tensor x, Tensor grid, int order)
    {
        using var scope = NewDisposeScope();
        Tensor low = grid[.., order], high = grid[.., ^(order + 1)];
        (Tensor value, Tensor slope) = Ends(grid, order);
        Tensor at = x.maximum(low).minimum(high), inside = (x >= low) & (x < high);
        Tensor bases = where(inside.unsqueeze(-1), Bases(where(inside, x, low), grid, order), where((x < low).unsqueeze(-1), value[0], value[1]));
        Tensor beyond = (x - at).unsqueeze(-1) * where((x < low).unsqueeze(-1), slope[0], slope[1]);
        return where(inside.unsqueeze(-1) | x.isnan().unsqueeze(-1), bases + 0 * x.unsqueeze(-1), bases + beyond).MoveToOuterDisposeScope();
    }

    /// <summary>The values and derivatives of the bases at both ends of the grid range, from within: (2, in, bases) each.</summary>
    internal static (Tensor Value, Tensor Derivative) Ends(Tensor grid, int order)
    {
        using var scope = NewDisposeScope();
        using var guard = enable_grad();
        Tensor knots = grid.detach().to_type(ScalarType.Float64), low = knots[.., order], high = knots[.., ^(order + 1)];

        Tensor points = stack([low, high]).requires_grad_();
        Tensor values = ClosedBases(points, knots, order);
        Tensor derivatives = zeros_like(values);
        for (long c = 0; c < values.shape[2]; c++)
            derivatives[TensorIndex.Colon, TensorIndex.Colon, c] = autograd.grad([values[TensorIndex.Colon, TensorIndex.Colon, c].sum()], [points], retain_graph: true)[0];
        using var plain = no_grad();
        return (values.detach().to_type(grid.dtype).MoveToOuterDisposeScope(), derivatives.to_type(grid.dtype).MoveToOuterDisposeScope());
    }

    // As Bases, for the two ends of the grid range: (2, in). The second row takes the interval on its left.
    private static Tensor ClosedBases(Tensor ends, Tensor grid, int order)
    {
        Tensor at = ends.unsqueeze(-1), least = (grid[.., ^1..] - grid[.., ..1]) * (4 / finfo(ends.dtype).max);
        long intervals = grid.shape[1] - 1;
        Tensor bases = zeros(2, grid.shape[0], intervals, dtype: ends.dtype, device: ends.device);
        bases[0, TensorIndex.Colon, order] = 1;
        bases[1, TensorIndex.Colon, intervals - order - 1] = 1;
        for (int k = 1; k <= order; k++)
        {
            Tensor left = grid[.., ..^(k + 1)], right = grid[.., (k + 1)..];
            bases = (at - left) / Width(grid[.., k..^1] - left, least) * bases[.., .., ..^1]
                + (right - at) / Width(right - grid[.., 1..^k], least) * bases[.., .., 1..];
        }

        return bases;
    }

    // Whether the range of a grid divided by a knot interval of its own leaves float32: such knots want double.
    private static bool ManyScales(Tensor grid)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Tensor exact = grid.to_type(ScalarType.Float64), widths = exact[.., 1..] - exact[.., ..^1];
        return (widths.gt(0) & (exact[.., ^1..] - exact[.., ..1]).gt(widths * 1e37)).any().item<bool>();
    }

    // A support of width zero has a basis that is zero everywhere already: any other divisor keeps it so, zero would make it NaN.
    // One so narrow that the range divided by it overflows counts as the least width for which it does not (where nobody asks, since asking waits for the device).
    private static Tensor Width(Tensor width, Tensor least) => where(width > 0, width.maximum(least), ones_like(width));
}
