using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kansformers.Kan;

/// <summary>
/// The order + 1 bases that can be non-zero at an input, and where they begin. On each interval between two knots every basis is one polynomial: the plan
/// holds their coefficients in the interval's own coordinate v, from -1/2 at its left knot to 1/2 at its right one, so that an input costs a look into a table
/// for its interval and a Horner scheme over all live bases at once.
/// </summary>
/// <remarks>
/// Intervals are half-open as in <see cref="BSpline"/>. At the grid's ends the window of live bases stays inside the spline's coefficients: bases that have
/// no support on the interval have a polynomial of zeros there, as all have outside the knots.
/// </remarks>
internal sealed unsafe class LiveSplines
{
    // Equal parts of the range of the knots, as many per interval.
    private const int BucketsPerInterval = 4;

    // Per grid the knots, closed by NaN, which no number reaches; per bucket the number of knots in lower buckets; per interval its left knot and the reciprocal
    // of its width, then (order + 1) rows of its window's coefficients, the highest power first. Where windows begin is the same for all grids.
    private readonly float[] _knots, _scales, _intervals, _coefficients;
    private readonly int[] _buckets, _starts;
    private readonly int _order, _bucketCount, _intervalCount;
    private readonly bool _shared;

    private LiveSplines(ReadOnlySpan<float> grid, int inputs, int order, bool shared)
    {
        int knots = grid.Length / inputs, grids = shared ? 1 : inputs;
        (_order, _shared, _intervalCount, _bucketCount) = (order, shared, knots + 1, BucketsPerInterval * knots + 1);
        Stride = order <= 3 ? 4 : 8;
        _starts = new int[_intervalCount];
        for (int e = 0; e < _intervalCount; e++)
            _starts[e] = Math.Clamp(e - 1 - order, 0, knots - 2 * order - 2);
        (_knots, _scales, _buckets) = (new float[grids * _intervalCount], new float[grids], new int[grids * _bucketCount]);
        (_intervals, _coefficients) = (new float[grids * _intervalCount * 2], new float[grids * _intervalCount * (order + 1) * Stride]);
        for (int g = 0; g < grids; g++)
        {
            ReadOnlySpan<float> knot = grid.Slice(g * knots, knots);
            knot.CopyTo(_knots.AsSpan(g * _intervalCount));
            _knots[(g + 1) * _intervalCount - 1] = float.NaN;
            WriteBuckets(knot, g);
            for (int e = 0; e < _intervalCount; e++)
                WriteInterval(knot, e, g * _intervalCount + e);
        }
    }

    /// <summary>The values per input in memory: the window, filled up with zeros to whole 128-bit vectors.</summary>
    public int Stride { get; }

    /// <summary>The live bases of these knots, or null where the knots are not finite numbers in ascending order.</summary>
    /// <param name="grid">(in, knots) row by row, at least 2 · order + 2 knots.</param>
    /// <param name="inputs">The number of rows.</param>
    /// <param name="order">The spline order, 1 to 5.</param>
    public static LiveSplines? For(ReadOnlySpan<float> grid, int inputs, int order)
    {
        int knots = grid.Length / inputs;
        bool shared = true;
        for (int i = 0; i < inputs; i++)
        {
            ReadOnlySpan<float> row = grid.Slice(i * knots, knots);
            for (int j = 0; j < knots; j++)
            {
                if (!float.IsFinite(row[j]) || (j > 0 && row[j] < row[j - 1]))
                    return null;
            }

            shared &= row.SequenceEqual(grid[..knots]);
        }

        return new LiveSplines(grid, inputs, order, shared);
    }

    /// <summary>Finds the live bases of one input in a run of tokens.</summary>
    /// <param name="input">Which input: it has its own knots.</param>
    /// <param name="x">The input at the tokens.</param>
    /// <param name="tokens">How many tokens.</param>
    /// <param name="slopes">The derivatives of the bases instead of their values.</param>
    /// <param name="starts">Per token, the first basis of the window.</param>
    /// <param name="values">Per token, <see cref="Stride"/> values; NaN all for a NaN.</param>
    /// <returns>Whether one of the inputs is NaN.</returns>
    public bool Find(int input, float* x, int tokens, bool slopes, int* starts, float* values) => (_order, slopes) switch
    {
        (1, false) => Find<Order1, LiveValues>(input, x, tokens, starts, values),
        (2, false) => Find<Order2, LiveValues>(input, x, tokens, starts, values),
        (3, false) => Find<Order3, LiveValues>(input, x, tokens, starts, values),
        (4, false) => Find<Order4, LiveValues>(input, x, tokens, starts, values),
        (_, false) => Find<Order5, LiveValues>(input, x, tokens, starts, values),
        (1, true) => Find<Order1, LiveSlopes>(input, x, tokens, starts, values),
        (2, true) => Find<Order2, LiveSlopes>(input, x, tokens, starts, values),
        (3, true) => Find<Order3, LiveSlopes>(input, x, tokens, starts, values),
        (4, true) => Find<Order4, LiveSlopes>(input, x, tokens, starts, values),
        (_, true) => Find<Order5, LiveSlopes>(input, x, tokens, starts, values),
    };

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Find<TOrder, TKind>(int input, float* x, int tokens, int* starts, float* values)
        where TOrder : struct, ISplineOrder
        where TKind : struct, ILiveKind
    {
        int order = TOrder.Value, stride = order <= 3 ? 4 : 8, size = (order + 1) * stride, g = _shared ? 0 : input, broken = 0;
        fixed (float* allKnots = _knots, allIntervals = _intervals, allCoefficients = _coefficients)
        fixed (int* allBuckets = _buckets, windows = _starts)
        {
            float* knots = allKnots + (nint)g * _intervalCount, intervals = allIntervals + 2 * (nint)g * _intervalCount, coefficients = allCoefficients + (nint)g * _intervalCount * size;
            int* buckets = allBuckets + g * _bucketCount;
            float low = knots[0], high = knots[_intervalCount - 2], scale = _scales[g];
            for (int n = 0; n < tokens; n++, values += stride)
            {
                // Outside all polynomials are zero, but infinity times zero would be NaN.
                float at = x[n], inside = at < low ? low : at > high ? high : at;
                int e = 0;
                if (float.IsNaN(at))
                {
                    broken = 1;
                }
                else
                {
                    // The number of knots that are not above the input: at least those in lower buckets; of its own bucket's knots, seldom two, some.
                    // Whether it is above the first of them is as good as random, so that is not left to a branch.
                    e = buckets[(int)((inside - low) * scale)];
                    e += Unsafe.BitCast<bool, byte>(at >= knots[e]);
                    while (at >= knots[e])
                        e++;
                }

                starts[n] = windows[e];
                float reciprocal = intervals[2 * e + 1], v = float.FusedMultiplyAdd(inside - intervals[2 * e], reciprocal, -0.5f);
                float* c = coefficients + (nint)e * size;
                for (int part = 0; part < stride; part += 4)
                {
                    Vector128<float> sum = TKind.Highest(Vector128.Load(c + part), order);
                    if (order >= 2)
                        sum = TKind.Next(sum, v, Vector128.Load(c + part + stride), order - 1);
                    if (order >= 3)
                        sum = TKind.Next(sum, v, Vector128.Load(c + part + 2 * stride), order - 2);
                    if (order >= 4)
                        sum = TKind.Next(sum, v, Vector128.Load(c + part + 3 * stride), order - 3);
                    if (order >= 5)
                        sum = TKind.Next(sum, v, Vector128.Load(c + part + 4 * stride), order - 4);
                    Vector128.Store(TKind.Last(sum, v, c + part + order * stride, reciprocal), values + part);
                }
            }
        }

        return broken != 0;
    }

    /// <summary>What the Horner scheme computes of the polynomials.</summary>
    private interface ILiveKind
    {
        static abstract Vector128<float> Highest(Vector128<float> coefficient, int power);

        static abstract Vector128<float> Next(Vector128<float> sum, float v, Vector128<float> coefficient, int power);

        static abstract Vector128<float> Last(Vector128<float> sum, float v, float* constant, float reciprocal);
    }

    private readonly struct LiveValues : ILiveKind
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> Highest(Vector128<float> coefficient, int power) => coefficient;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> Next(Vector128<float> sum, float v, Vector128<float> coefficient, int power) =>
            Vector128.FusedMultiplyAdd(sum, Vector128.Create(v), coefficient);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> Last(Vector128<float> sum, float v, float* constant, float reciprocal) =>
            Vector128.FusedMultiplyAdd(sum, Vector128.Create(v), Vector128.Load(constant));
    }

    private readonly struct LiveSlopes : ILiveKind
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> Highest(Vector128<float> coefficient, int power) => coefficient * power;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> Next(Vector128<float> sum, float v, Vector128<float> coefficient, int power) =>
            Vector128.FusedMultiplyAdd(sum, Vector128.Create(v), coefficient * power);

        // At order 1 no power of v is left that would carry a NaN.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> Last(Vector128<float> sum, float v, float* constant, float reciprocal) => sum * (float.IsNaN(v) ? v : reciprocal);
    }

    // The bucket of a number, rounding included, never falls while the number grows: whatever is in a lower bucket is smaller.
    private void WriteBuckets(ReadOnlySpan<float> knot, int g)
    {
        float range = knot[^1] - knot[0], scale = (_bucketCount - 1.5f) / range;
        scale = _scales[g] = float.IsNormal(range) && float.IsNormal(scale) ? scale : 0;
        Span<int> buckets = _buckets.AsSpan(g * _bucketCount, _bucketCount);
        foreach (float one in knot)
        {
            int at = (int)((one - knot[0]) * scale) + 1;
            if (at < buckets.Length)
                buckets[at]++;
        }

        for (int b = 1; b < buckets.Length; b++)
            buckets[b] += buckets[b - 1];
    }

    // Cox and de Boor's recursion on polynomials in v, in double precision.
    private void WriteInterval(ReadOnlySpan<float> knot, int e, int at)
    {
        int order = _order, knots = knot.Length, j = e - 1;
        _intervals[2 * at] = e == 0 ? knot[0] : knot[j];
        if (e == 0 || e == knots || !(knot[e] > knot[j]))
            return;
        double left = knot[j], width = (double)knot[e] - left;
        _intervals[2 * at + 1] = (float)(1 / width);

        // below[b] is basis j - level + b of the current level, a polynomial's coefficients from the constant up.
        double[,] below = new double[order + 2, order + 1], above = new double[order + 2, order + 1];
        below[0, 0] = 1;
        for (int level = 1; level <= order; level++)
        {
            Array.Clear(above);
            for (int b = 0; b <= level; b++)
            {
                int first = j - level + b;
                if (first < 0 || first + level + 1 >= knots)
                    continue;
                double rise = (double)knot[first + level] - knot[first], fall = (double)knot[first + level + 1] - knot[first + 1];
                if (b > 0 && rise > 0)
                    AddProduct(below, b - 1, (left + width / 2 - knot[first]) / rise, width / rise, above, b);
                if (b < level && fall > 0)
                    AddProduct(below, b, (knot[first + level + 1] - left - width / 2) / fall, -width / fall, above, b);
            }

            (below, above) = (above, below);
        }

        int start = _starts[e];
        Span<float> rows = _coefficients.AsSpan(at * (order + 1) * Stride);
        for (int b = 0; b <= order; b++)
        {
            int place = j - order + b - start;
            if (place < 0 || place > order)
                continue;
            for (int power = 0; power <= order; power++)
                rows[(order - power) * Stride + place] = (float)below[b, power];
        }
    }

    // to += from · (constant + factor · v).
    private static void AddProduct(double[,] from, int row, double constant, double factor, double[,] to, int target)
    {
        for (int power = 0; power < from.GetLength(1); power++)
        {
            to[target, power] += constant * from[row, power];
            if (power > 0)
                to[target, power] += factor * from[row, power - 1];
        }
    }
}
