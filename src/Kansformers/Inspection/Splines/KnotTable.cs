using System.Runtime.CompilerServices;

namespace Kansformers.Inspection;

/// <summary>
/// The knots of one input, ready for evaluation. On either side stand k knots more than the grid has, so that every interval has k + 1 live functions and loops
/// need no ends; the functions that come of them have no coefficients (zeros stand for those). Functions here are counted from the first of the added ones:
/// function i of the grid is i + k.
/// </summary>
internal sealed class KnotTable
{
    private readonly int _order, _intervals;
    private readonly double[] _knots;

    // 1 / (t_{i+d} - t_i) at [(d - 1) · knots + i], 0 where knots coincide: what has no width counts for nothing (0/0 = 0).
    private readonly double[] _inverse;
    private readonly double _low, _high, _perInterval;

    /// <param name="knots">G + 2k + 1 of them, ascending; they may coincide.</param>
    /// <param name="order">k.</param>
    public KnotTable(ReadOnlySpan<double> knots, int order)
    {
        _order = order;
        _intervals = knots.Length - 1;
        _knots = new double[knots.Length + 2 * order];
        knots.CopyTo(_knots.AsSpan(order));
        (_low, _high) = (knots[0], knots[^1]);
        double step = _high > _low ? (_high - _low) / _intervals : 1;
        for (int at = 1; at <= order; at++)
        {
            _knots[order - at] = _low - at * step;
            _knots[^(order + 1 - at)] = _high + at * step;
        }

        _inverse = new double[order * _knots.Length];
        for (int d = 1; d <= order; d++)
        {
            for (int at = 0; at + d < _knots.Length; at++)
            {
                double width = _knots[at + d] - _knots[at];
                _inverse[(d - 1) * _knots.Length + at] = width > 0 ? 1 / width : 0;
            }
        }

        _perInterval = _high > _low ? _intervals / (_high - _low) : 0;
    }

    /// <summary>The functions, added ones among them.</summary>
    public int Functions => _intervals + _order;

    /// <summary>The functions that are not zero at x, and their derivatives.</summary>
    /// <param name="x">Any number, or NaN.</param>
    /// <param name="values">k + 1 values; zeros outside the grid, NaN for NaN.</param>
    /// <param name="slopes">k + 1 derivatives.</param>
    /// <returns>The first of these functions; 0 outside the grid, where all are zero.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // a short fit would end before it is compiled well
    public int Expand(double x, Span<double> values, Span<double> slopes)
    {
        if (!(x >= _low && x < _high))
        {
            double outside = double.IsNaN(x) ? x : 0; // what is no number stays none
            values.Fill(outside);
            slopes.Fill(outside);
            return 0;
        }

        int interval = Find(x), at = interval + _order;
        ReadOnlySpan<double> knots = _knots;
        values[0] = 1;
        // The recursion of Cox and de Boor, level by level, for the functions at - d ... at.
        for (int d = 1; d <= _order; d++)
        {
            ReadOnlySpan<double> inverse = _inverse.AsSpan((d - 1) * knots.Length, knots.Length);
            if (d == _order)
            {
                // B_i' = k (B_{i,k-1} / (t_{i+k} - t_i) - B_{i+1,k-1} / (t_{i+k+1} - t_{i+1})).
                double before = 0;
                for (int r = 0; r < d; r++)
                {
                    double part = d * values[r] * inverse[at - d + 1 + r];
                    slopes[r] = before - part;
                    before = part;
                }

                slopes[d] = before;
            }

            double carried = 0;
            for (int r = 0; r < d; r++)
            {
                int right = at + 1 + r, left = right - d;
                double part = values[r] * inverse[left];
                values[r] = carried + (knots[right] - x) * part;
                carried = (x - knots[left]) * part;
            }

            values[d] = carried;
        }

        return interval;
    }

    // The last interval that begins at or below x: where knots coincide, it is the one that has a width.
    private int Find(double x)
    {
        int interval = Math.Clamp((int)((x - _low) * _perInterval), 0, _intervals - 1);
        ReadOnlySpan<double> knots = _knots.AsSpan(_order);
        while (x < knots[interval])
            interval--;
        while (x >= knots[interval + 1])
            interval++;
        return interval;
    }
}
