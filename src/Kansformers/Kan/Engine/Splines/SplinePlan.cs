using System.Runtime.InteropServices;
using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>Which kernel expands a layer's inputs, decided by its grid. Kept by the layer and made anew when the grid holds other numbers.</summary>
internal sealed class SplinePlan : KanPlan
{
    // A knot this far from its place in a uniform grid, in shares of an interval, moves a basis by no more than float32 rounding does.
    /// <summary>The highest spline order that has kernels.</summary>
    public const int HighestOrder = 5;

    private const double Unevenness = 4e-6;
    private readonly float[] _grid;
    private LiveSplines? _live;
    private bool _knowsLive;
    private IBasisKernel? _panels;
    private int _panelLanes;

    private SplinePlan(float[] grid, int inputs, int order)
        : base(inputs, grid.Length / inputs - order - 1, parameters: 0)
    {
        _grid = grid;
        Order = order;
        Rows = Choose(grid, inputs, order);
        IsInReach = AreInReach(grid, inputs);
    }

    /// <summary>
    /// Whether the kernels compute these knots, which multiply by reciprocals of distances: torch's operations, which divide, do where a reciprocal
    /// is beyond float32 (distances below its normal numbers) or takes the whole range there.
    /// </summary>
    public bool IsInReach { get; }

    /// <summary>The spline order.</summary>
    public int Order { get; }

    /// <summary>The kernel for rows of inputs.</summary>
    public IRowKernel Rows { get; }

    /// <inheritdoc/>
    public override IBasisKernel Kernel<TSimd>(KernelParameters parameters)
    {
        if (_panels is null || _panelLanes != TSimd.Count)
            (_panels, _panelLanes) = ((IBasisKernel)Choose<TSimd, SharedKnots>(_grid, Inputs, 2 * TSimd.Count, Order), TSimd.Count);
        return _panels;
    }

    /// <inheritdoc/>
    public override IBasisKernel SharedKernel<TSimd>(KernelParameters parameters, FunctionFrame frame)
    {
        if (frame.IsBehindTanh || !IsUniform(_grid, Inputs, out double step))
            return base.SharedKernel<TSimd>(parameters, frame);
        SplineGrid grid = new(_grid[0], step, Bases, Order);
        IBasisKernel? kernel = Order switch
        {
            2 => FunctionKernels.Make<SplineFunction<Order2>, TSimd>(new SplineFunction<Order2>(grid), frame, parameters),
            3 => FunctionKernels.Make<SplineFunction<Order3>, TSimd>(new SplineFunction<Order3>(grid), frame, parameters),
            4 => FunctionKernels.Make<SplineFunction<Order4>, TSimd>(new SplineFunction<Order4>(grid), frame, parameters),
            5 => FunctionKernels.Make<SplineFunction<Order5>, TSimd>(new SplineFunction<Order5>(grid), frame, parameters),
            _ => null,
        };
        return kernel ?? base.SharedKernel<TSimd>(parameters, frame);
    }

    /// <inheritdoc/>
    public override IElementKernel? Elements<TSimd>(KernelParameters parameters, FunctionFrame frame) => Elements<TSimd>(parameters, frame, isContinued: false);

    /// <summary>The splines value by value, where their knots are uniform: with straight lines outside the grid range, or fading there.</summary>
    public IElementKernel? Elements<TSimd>(KernelParameters parameters, FunctionFrame frame, bool isContinued)
        where TSimd : struct, ISimd<TSimd> => !frame.IsBehindTanh && IsUniform(_grid, Inputs, out double step)
            ? PieceKernels.Make<TSimd>(new SplineGrid(_grid[0], step, Bases, Order), isContinued, frame, parameters) : null;

    /// <summary>The live bases alone, for large grids; null where the knots are not in order.</summary>
    public LiveSplines? Live
    {
        get
        {
            if (!_knowsLive)
                (_live, _knowsLive) = (LiveSplines.For(_grid, Inputs, Order), true);
            return _live;
        }
    }

    /// <summary>The knots, (in, knots) row by row.</summary>
    public ReadOnlySpan<float> Grid => _grid;

    /// <summary>The plan for a grid: <paramref name="known"/> if it was made for the same numbers, else a new one.</summary>
    /// <param name="grid">Contiguous float32 on the CPU, (in, knots).</param>
    /// <param name="order">The spline order.</param>
    /// <param name="known">The plan of an earlier call, or null.</param>
    public static SplinePlan For(Tensor grid, int order, KanPlan? known)
    {
        Span<float> knots = RawMemory.Span<float>(grid);
        int inputs = (int)grid.shape[0];

        // Bitwise rather than by value, so that a NaN among the knots does not make a new plan at each call.
        return known is SplinePlan same && same.Order == order && same.Inputs == inputs
            && MemoryMarshal.AsBytes(knots).SequenceEqual(MemoryMarshal.AsBytes(same._grid.AsSpan()))
            ? same
            : new SplinePlan(knots.ToArray(), inputs, order);
    }

    private static bool AreInReach(float[] grid, int inputs)
    {
        const double smallestNormal = 1.17549435e-38, largestShare = 1e37;
        int knots = grid.Length / inputs;
        for (int i = 0; i < inputs; i++)
        {
            ReadOnlySpan<float> knot = grid.AsSpan(i * knots, knots);
            double range = (double)knot[^1] - knot[0];
            for (int j = 1; j < knots; j++)
            {
                double width = (double)knot[j] - knot[j - 1];
                if (width > 0 && (width < smallestNormal || range > largestShare * width || range > float.MaxValue))
                    return false;
            }
        }

        return true;
    }

    private static IRowKernel Choose(float[] grid, int inputs, int order)
    {
        int knots = grid.Length / inputs, lanes = Simd128.Count;
        if (inputs < lanes)
        {
            // The missing inputs get the first input's knots; what is computed for them is dropped.
            float[] padded = new float[lanes * knots];
            for (int i = 0; i < lanes; i++)
                grid.AsSpan(i < inputs ? i * knots : 0, knots).CopyTo(padded.AsSpan(i * knots));
            return new PaddedSplines(inputs, knots - order - 1, lanes, Choose(padded, lanes, order));
        }

        return Math.Min(SimdWidth.Lanes, inputs) switch
        {
            >= 16 => Choose<Simd512, OwnKnots>(grid, inputs, inputs, order),
            >= 8 => Choose<Simd256, OwnKnots>(grid, inputs, inputs, order),
            _ => Choose<Simd128, OwnKnots>(grid, inputs, inputs, order),
        };
    }

    private static IRowKernel Choose<TSimd, TKnots>(float[] grid, int inputs, int row, int order)
        where TSimd : struct, ISimd<TSimd>
        where TKnots : struct, IKnotLanes =>
        order is >= 2 and <= 5 && IsUniform(grid, inputs, out double step) ? Uniform<TSimd>(grid.AsSpan(0, grid.Length / inputs), row, order, step) : order switch
        {
            1 => new KnotSplines<Order1, TSimd, TKnots>(grid, inputs, row),
            2 => new KnotSplines<Order2, TSimd, TKnots>(grid, inputs, row),
            3 => new KnotSplines<Order3, TSimd, TKnots>(grid, inputs, row),
            4 => new KnotSplines<Order4, TSimd, TKnots>(grid, inputs, row),
            5 => new KnotSplines<Order5, TSimd, TKnots>(grid, inputs, row),
            _ => throw new ArgumentOutOfRangeException(nameof(order), order, "the engine computes spline orders 1 to 5"),
        };

    private static IRowKernel Uniform<TSimd>(ReadOnlySpan<float> knots, int row, int order, double step)
        where TSimd : struct, ISimd<TSimd>
    {
        float[] centres = new float[knots.Length - order - 1];
        for (int c = 0; c < centres.Length; c++)
            centres[c] = order % 2 == 1 ? knots[c + (order + 1) / 2] : (float)(((double)knots[c + order / 2] + knots[c + order / 2 + 1]) / 2);
        PieceShape<TSimd> shape = new(order, step);
        return order switch
        {
            2 => new UniformSplines<QuadraticPiece, TSimd>(row, centres, shape),
            3 => new UniformSplines<CubicPiece, TSimd>(row, centres, shape),
            4 => new UniformSplines<QuarticPiece, TSimd>(row, centres, shape),
            _ => new UniformSplines<QuinticPiece, TSimd>(row, centres, shape),
        };
    }

    private static bool IsUniform(float[] grid, int inputs, out double step)
    {
        int knots = grid.Length / inputs;
        step = ((double)grid[knots - 1] - grid[0]) / (knots - 1);

        // Powers of the step stay far from float32's limits.
        if (!(step is > 1e-6 and < 1e6))
            return false;
        for (int j = 0; j < knots; j++)
        {
            if (!(Math.Abs(grid[j] - (grid[0] + j * step)) <= Unevenness * step))
                return false;
        }

        for (int i = 1; i < inputs; i++)
        {
            if (!grid.AsSpan(i * knots, knots).SequenceEqual(grid.AsSpan(0, knots)))
                return false;
        }

        return true;
    }
}
