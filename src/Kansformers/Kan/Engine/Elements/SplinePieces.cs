using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>
/// A spline on uniform knots as polynomials, one for each interval: which coefficients a polynomial is made of and how. Slot 0 is what lies before the first
/// interval, the last slot what lies behind the last one: nothing, or the straight lines that continue the spline.
/// </summary>
internal sealed class SplinePieces
{
    // For an inner interval, and for both lines, the polynomial of each of order + 1 coefficients, the last one's first: (order + 1, order + 1).
    private readonly double[] _inner, _before, _behind;
    private readonly int _first;

    /// <param name="grid">The knots.</param>
    /// <param name="isContinued">Whether straight lines continue the spline outside the grid range, rather than it fading beyond.</param>
    public SplinePieces(SplineGrid grid, bool isContinued)
    {
        (Order, Bases) = (grid.Order, grid.Bases);
        Intervals = isContinued ? grid.Bases - grid.Order : grid.Intervals;
        _first = isContinued ? grid.Order : 0;
        _inner = CardinalSpline.Pieces(Order);
        (_before, _behind) = isContinued ? (Line(-0.5), Line(0.5)) : (new double[_inner.Length], new double[_inner.Length]);
        Middle = Intervals / 2;
        Centre = grid.First + (_first + Middle + 0.5) * grid.Step;
        Step = grid.Step;
        Slots = 16;
        while (Slots < Intervals + 2)
            Slots *= 2;
    }

    /// <summary>The spline order.</summary>
    public int Order { get; }

    /// <summary>The coefficients.</summary>
    public int Bases { get; }

    /// <summary>How many intervals have polynomials.</summary>
    public int Intervals { get; }

    /// <summary>The interval from whose centre positions are counted.</summary>
    public int Middle { get; }

    /// <summary>That centre.</summary>
    public double Centre { get; }

    /// <summary>From a knot to the next.</summary>
    public double Step { get; }

    /// <summary>The room for slots: a power of two, at least 16.</summary>
    public int Slots { get; }

    /// <summary>Writes the polynomials of a function: (order + 1, slots), by powers of the position from the middle of an interval, in intervals.</summary>
    public unsafe void Fill(float* coefficients, float* table)
    {
        new Span<float>(table, (Order + 1) * Slots).Clear();
        for (int slot = 0; slot < Intervals + 2; slot++)
        {
            double[] piece = PieceOf(slot, out int last);
            for (int power = 0; power <= Order; power++)
            {
                double sum = 0;
                for (int q = 0; q <= Order; q++)
                    sum += last - q is >= 0 and int c && c < Bases ? coefficients[c] * piece[q * (Order + 1) + power] : 0;
                table[power * Slots + slot] = (float)sum;
            }
        }
    }

    /// <summary>The gradient of the coefficients from that of the polynomials.</summary>
    /// <param name="moments">(slots, stride): the gradient of each power's coefficient.</param>
    /// <param name="stride">From a slot to the next.</param>
    /// <param name="gradient">(bases), overwritten.</param>
    public unsafe void Gather(float* moments, int stride, float* gradient)
    {
        Span<double> sums = stackalloc double[Bases <= 256 ? 256 : Bases];
        sums.Clear();
        bool isBroken = false;
        for (int slot = 0; slot < Intervals + 2; slot++)
        {
            double[] piece = PieceOf(slot, out int last);
            float* own = moments + slot * stride;
            isBroken |= float.IsNaN(own[0]);

            // Powers that a line does not have may have overflown.
            for (int q = 0; q <= Order; q++)
            {
                if (last - q < 0 || last - q >= Bases)
                    continue;
                for (int power = 0; power <= Order; power++)
                {
                    if (piece[q * (Order + 1) + power] is not 0 and double factor)
                        sums[last - q] += own[power] * factor;
                }
            }
        }

        // An input or a gradient that is no number spoils them all, as it does where the bases are multiplied one by one.
        for (int c = 0; c < Bases; c++)
            gradient[c] = isBroken ? float.NaN : (float)sums[c];
    }

    // The polynomials that a slot has of its coefficients, of which the last one is that of the lowest.
    private double[] PieceOf(int slot, out int last)
    {
        last = _first + Math.Clamp(slot - 1, 0, Intervals - 1);
        return slot == 0 ? _before : slot > Intervals ? _behind : _inner;
    }

    // With the value and the derivative at an end of an interval; positions are counted from the middle of the one beyond it.
    private double[] Line(double end)
    {
        double[] line = new double[_inner.Length];
        for (int q = 0; q <= Order; q++)
        {
            double value = 0, slope = 0;
            for (int power = Order; power >= 0; power--)
            {
                slope = slope * end + value;
                value = value * end + _inner[q * (Order + 1) + power];
            }

            (line[q * (Order + 1)], line[q * (Order + 1) + 1]) = (value + end * slope, slope);
        }

        return line;
    }
}
