using System.Runtime.InteropServices;
using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>Which kernel expands a layer's inputs, decided by its grid. Kept by the layer and made anew when the grid holds other numbers.</summary>
internal sealed class SplinePlan
{
    // A knot this far from its place in a uniform grid, in shares of an interval, moves a basis by no more than float32 rounding does.
    private const double Unevenness = 4e-6;
    private readonly float[] _grid;

    private SplinePlan(float[] grid, int inputs, int order)
    {
        _grid = grid;
        Order = order;
        Inputs = inputs;
        Bases = grid.Length / inputs - order - 1;
        Kernel = Choose(grid, inputs, order);
    }

    /// <summary>The spline order.</summary>
    public int Order { get; }

    /// <summary>The number of inputs, each with a row of knots.</summary>
    public int Inputs { get; }

    /// <summary>The number of bases of an input.</summary>
    public int Bases { get; }

    /// <summary>The kernel.</summary>
    public ISplineKernel Kernel { get; }

    /// <summary>The knots, (in, knots) row by row.</summary>
    public ReadOnlySpan<float> Grid => _grid;

    /// <summary>The plan for a grid: <paramref name="known"/> if it was made for the same numbers, else a new one.</summary>
    /// <param name="grid">Contiguous float32 on the CPU, (in, knots).</param>
    /// <param name="order">The spline order.</param>
    /// <param name="known">The plan of an earlier call, or null.</param>
    public static SplinePlan For(Tensor grid, int order, SplinePlan? known)
    {
        Span<float> knots = RawMemory.Span<float>(grid);
        int inputs = (int)grid.shape[0];

        // Bitwise rather than by value, so that a NaN among the knots does not make a new plan at each call.
        return known is not null && known.Order == order && known.Inputs == inputs
            && MemoryMarshal.AsBytes(knots).SequenceEqual(MemoryMarshal.AsBytes(known._grid.AsSpan()))
            ? known
            : new SplinePlan(knots.ToArray(), inputs, order);
    }

    private static ISplineKernel Choose(float[] grid, int inputs, int order)
    {
        if (order is < 2 or > 5 || !IsUniform(grid, inputs, out double step))
            return new KnotSplines(grid, inputs, order);
        int knots = grid.Length / inputs;
        float[] centres = new float[knots - order - 1];
        for (int c = 0; c < centres.Length; c++)
            centres[c] = order % 2 == 1 ? grid[c + (order + 1) / 2] : (float)(((double)grid[c + order / 2] + grid[c + order / 2 + 1]) / 2);
        PieceShape shape = new(order, step);
        return order switch
        {
            2 => new UniformSplines<QuadraticPiece>(inputs, centres, shape),
            3 => new UniformSplines<CubicPiece>(inputs, centres, shape),
            4 => new UniformSplines<QuarticPiece>(inputs, centres, shape),
            _ => new UniformSplines<QuinticPiece>(inputs, centres, shape),
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
