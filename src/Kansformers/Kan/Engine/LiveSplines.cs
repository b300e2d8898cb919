using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kansformers.Kan;

/// <summary>
/// The order + 1 bases that can be non-zero at an input, and where they begin. On each interval between two knots every basis is one polynomial: the plan
/// holds their coefficients in the interval's own coordinate v, from -1/2 at its left knot to 1/2 at its right one, so that an input costs a binary search
/// for its interval and a Horner scheme over all live bases at once.
/// </summary>
/// <remarks>
/// Intervals are half-open as in <see cref="BSpline"/>. At the grid's ends the window of live bases stays inside the spline's coefficients: bases that have
/// no support on the interval have a polynomial of zeros there, as all have outside the knots.
/// </remarks>
internal sealed unsafe class LiveSplines
{
    // Per grid, the knots as integers of the same order, filled up to a power of two; per interval its left knot, the reciprocal of its width and where its
    // window begins; then (order + 1) rows of the window's coefficients, the highest power first.
    private readonly int[] _keys, _starts;
    private readonly float[] _intervals, _coefficients;
    private readonly float[] _ends;
    private readonly int _order, _keyCount, _intervalCount;
    private readonly bool _shared;

    private LiveSplines(ReadOnlySpan<float> grid, int inputs, int order, bool shared)
    {
        int knots = grid.Length / inputs, grids = shared ? 1 : inputs;
        (_order, _shared, _intervalCount, _keyCount) = (order, shared, knots + 1, 1);
        while (_keyCount - 1 < knots)
            _keyCount *= 2;
        Stride = order <= 3 ? 4 : 8;
        _keys = new int[grids * _keyCount];
        _starts = new int[_intervalCount];
        _intervals = new float[grids * _intervalCount * 2];
        _coefficients = new float[grids * _intervalCount * (order + 1) * Stride];
        _ends = new float[grids * 2];
        Array.Fill(_keys, int.MaxValue);
        for (int e = 0; e < _intervalCount; e++)
            _starts[e] = Math.Clamp(e - 1 - order, 0, knots - 2 * order - 2);
        for (int g = 0; g < grids; g++)
        {
            ReadOnlySpan<float> knot = grid.Slice(g * knots, knots);
            (_ends[2 * g], _ends[2 * g + 1]) = (knot[0], knot[^1]);
            for (int j = 0; j < knots; j++)
                _keys[g * _keyCount + j] = Key(knot[j]);
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
    /// <param name="x">The input at the first token.</param>
    /// <param name="tokenStride">From a token's input to the next token's.</param>
    /// <param name="tokens">How many tokens.</param>
    /// <param name="slopes">The derivatives of the bases instead of their values.</param>
    /// <param name="starts">Per token, the first basis of the window.</param>
    /// <param name="values">Per token, <see cref="Stride"/> values; NaN all for a NaN.</param>
    /// <returns>Whether one of the inputs is NaN.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Find(int input, float* x, nint tokenStride, int tokens, bool slopes, int* starts, float* values)
    {
        int g = _shared ? 0 : input, stride = Stride, order = _order, size = (order + 1) * stride, half = _keyCount / 2;
        float low = _ends[2 * g], high = _ends[2 * g + 1];
        bool nan = false;
        fixed (int* keys = &_keys[g * _keyCount])
        fixed (int* windows = _starts)
        fixed (float* intervals = &_intervals[g * _intervalCount * 2])
        fixed (float* coefficients = &_coefficients[(nint)g * _intervalCount * size])
        {
            for (int n = 0; n < tokens; n++, x += tokenStride, values += stride)
            {
                float at = *x;
                nan |= float.IsNaN(at);
                int key = Key(at), e = 0;

                // The number of knots that are not above the input. By arithmetic: which way to go is random, a branch would be predicted wrongly half the time.
                for (int step = half; step > 0; step >>= 1)
                    e += step & (int)~(((long)key - keys[e + step - 1]) >> 63);
                e = float.IsNaN(at) ? 0 : e;
                starts[n] = windows[e];

                // Outside all polynomials are zero, but infinity times zero would be NaN.
                at = at < low ? low : at > high ? high : at;
                float reciprocal = intervals[2 * e + 1], v = float.FusedMultiplyAdd(at - intervals[2 * e], reciprocal, -0.5f);
                float* c = coefficients + (nint)e * size;
                if (slopes)
                    Slopes(c, stride, order, v, reciprocal, values);
                else
                    Values(c, stride, order, v, values);
            }
        }

        return nan;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Values(float* c, int stride, int order, float v, float* to)
    {
        Vector128<float> at = Vector128.Create(v), low = Vector128.Load(c);
        for (int power = 1; power <= order; power++)
            low = Vector128.FusedMultiplyAdd(low, at, Vector128.Load(c + power * stride));
        Vector128.Store(low, to);
        if (stride == 8)
        {
            Vector128<float> rest = Vector128.Load(c + 4);
            for (int power = 1; power <= order; power++)
                rest = Vector128.FusedMultiplyAdd(rest, at, Vector128.Load(c + power * 8 + 4));
            Vector128.Store(rest, to + 4);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Slopes(float* c, int stride, int order, float v, float reciprocal, float* to)
    {
        for (int part = 0; part < stride; part += 4)
        {
            Vector128<float> at = Vector128.Create(v), sum = Vector128.Load(c + part) * order;
            for (int power = 1; power < order; power++)
                sum = Vector128.FusedMultiplyAdd(sum, at, Vector128.Load(c + power * stride + part) * (order - power));

            // An order of 1 has no power of v left that would carry a NaN.
            Vector128.Store(sum * (float.IsNaN(v) ? v : reciprocal), to + part);
        }
    }

    // Integers of the same order as the floats; both zeros are the same.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Key(float value)
    {
        int bits = BitConverter.SingleToInt32Bits(value + 0f);
        return bits ^ ((bits >> 31) & int.MaxValue);
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
