using System.Numerics;
using Kansformers.Kan;
using Kansformers.Runtime;

namespace Kansformers.Training;

/// <summary>
/// Muon's step of one matrix in memory, by one thread: the momentum, five Newton-Schulz steps on the smaller of its two Gram matrices, and the update.
/// </summary>
/// <remarks>
/// With X = U / |U| every iterate is P X, where P is a polynomial in A = X Xᵀ: symmetric matrices that commute. So the steps need products of (n, n) matrices
/// alone, n the smaller side, of which half is computed: S = A A, B = a I + b A + c S, P := P B, A := (A B) B. The whole matrix enters twice, into A
/// at the beginning and into P X at the end.
/// </remarks>
internal static unsafe class MatrixStep
{
    /// <summary>A matrix with its gradient and momentum, (rows, columns) each.</summary>
    public readonly record struct Place(nint Parameter, nint Gradient, nint Momentum, int Rows, int Columns)
    {
        /// <summary>The mean squares of its rows' steps, (rows); 0 where rows are not evened out.</summary>
        public nint Squares { get; init; }
    }

    /// <summary>The numbers of a step.</summary>
    /// <param name="Momentum">μ.</param>
    /// <param name="GradientScale">What the gradient is multiplied by.</param>
    /// <param name="Nesterov">Whether the step looks ahead.</param>
    /// <param name="Keep">What is left of the parameter by its decay.</param>
    /// <param name="Rate">What the orthogonal matrix is multiplied by.</param>
    public readonly record struct Numbers(double Momentum, double GradientScale, bool Nesterov, double Keep, double Rate)
    {
        /// <summary>The decay of <see cref="Place.Squares"/>.</summary>
        public double NeuronBeta { get; init; }
    }

    /// <summary>Whether memory suffices for such a matrix.</summary>
    public static bool Fits(long rows, long columns)
    {
        long small = Math.Min(rows, columns) + 64, large = Math.Max(rows, columns) + 64;
        return 2 * small * large + 6 * small * small < int.MaxValue;
    }

    /// <summary>About how many multiplications it takes.</summary>
    public static double Cost(int rows, int columns)
    {
        double small = Math.Min(rows, columns), large = Math.Max(rows, columns);
        return small * small * (1.5 * large + 8.5 * small);
    }

    /// <summary>Takes the step.</summary>
    public static void Run(in Place place, in Numbers numbers)
    {
        switch (SimdWidth.Lanes)
        {
            case 16:
                MatrixStep<Simd512>.Run(place, numbers);
                break;
            case 8:
                MatrixStep<Simd256>.Run(place, numbers);
                break;
            default:
                MatrixStep<Simd128>.Run(place, numbers);
                break;
        }
    }

    /// <summary>The momentum's decay and what the step shall go along, scaled to the norm 1.</summary>
    /// <param name="place">The matrix.</param>
    /// <param name="numbers">The step.</param>
    /// <param name="wanted">(rows, columns), overwritten.</param>
    /// <returns>Whether it is anything but zeros; else it is not scaled.</returns>
    public static bool Advance(in Place place, in Numbers numbers, Span<float> wanted)
    {
        int width = Vector<float>.Count, at = 0;
        Span<float> m = new((float*)place.Momentum, wanted.Length);
        ReadOnlySpan<float> g = new((float*)place.Gradient, wanted.Length);
        float keep = (float)numbers.Momentum, take = (float)((1 - numbers.Momentum) * numbers.GradientScale);
        Vector<double> low = default, high = default;
        for (; at <= wanted.Length - width; at += width)
        {
            Vector<float> fresh = new Vector<float>(g[at..]) * take, mean = new Vector<float>(m[at..]) * keep + fresh;
            Vector<float> ahead = numbers.Nesterov ? mean * keep + fresh : mean;
            mean.CopyTo(m[at..]);
            ahead.CopyTo(wanted[at..]);
            Vector.Widen(ahead, out Vector<double> a, out Vector<double> b);
            low += a * a;
            high += b * b;
        }

        double square = Vector.Sum(low + high);
        for (; at < wanted.Length; at++)
        {
            float fresh = g[at] * take;
            m[at] = m[at] * keep + fresh;
            wanted[at] = numbers.Nesterov ? m[at] * keep + fresh : m[at];
            square += (double)wanted[at] * wanted[at];
        }

        // Less is nothing but rounding, and its reciprocal no float32.
        if (!(square > 1e-60))
            return false;
        fixed (float* all = wanted)
            VectorMath.Scale(all, (float)(1 / Math.Sqrt(square)), all, wanted.Length);
        return true;
    }
}
