namespace Kansformers.Inspection;

/// <summary>
/// Counts values in bins of one width while they stream by. Nothing need be known of their range: where a value lies outside, the bins become twice as wide, two by two,
/// towards that side, so that no count is lost and nothing is read twice.
/// </summary>
internal sealed class ValueHistogram
{
    /// <summary>How many bins there are.</summary>
    public const int Bins = 64;

    private readonly long[] _counts = new long[Bins];
    private double _low, _width;

    /// <summary>How many values were counted.</summary>
    public long Count { get; private set; }

    /// <summary>The smallest value.</summary>
    public double Lowest { get; private set; } = double.PositiveInfinity;

    /// <summary>The largest value.</summary>
    public double Highest { get; private set; } = double.NegativeInfinity;

    /// <summary>The lower end of the first bin.</summary>
    public double Low => _low;

    /// <summary>The width of a bin.</summary>
    public double Width => _width;

    /// <summary>The values in each bin.</summary>
    public IReadOnlyList<long> Counts => _counts;

    /// <summary>Begins with bins for about this range.</summary>
    public void Begin(double low, double high)
    {
        double span = Math.Max(high - low, Math.Max(1e-6 * Math.Max(Math.Abs(low), Math.Abs(high)), 1e-30));
        (_low, _width) = (low - span / 16, span * 1.125 / Bins);
    }

    /// <summary>Counts a finite value.</summary>
    public void Add(double value)
    {
        if (_width == 0)
            Begin(value, value);
        (Lowest, Highest) = (Math.Min(Lowest, value), Math.Max(Highest, value));
        double place = (value - _low) / _width;
        while (!(place >= 0 && place < Bins))
        {
            Widen(below: place < 0);
            place = (value - _low) / _width;
        }

        _counts[(int)place]++;
        Count++;
    }

    /// <summary>Takes another histogram's counts, each at the middle of its bin.</summary>
    public void Add(ValueHistogram other)
    {
        if (other.Count == 0)
            return;
        if (_width == 0)
            Begin(other.Lowest, other.Highest);
        for (int bin = 0; bin < Bins; bin++)
        {
            if (other._counts[bin] == 0)
                continue;
            double middle = Math.Clamp(other._low + (bin + 0.5) * other._width, other.Lowest, other.Highest);
            Add(middle);
            int at = Math.Clamp((int)((middle - _low) / _width), 0, Bins - 1);
            _counts[at] += other._counts[bin] - 1;
            Count += other._counts[bin] - 1;
        }

        (Lowest, Highest) = (Math.Min(Lowest, other.Lowest), Math.Max(Highest, other.Highest));
    }

    private void Widen(bool below)
    {
        long[] merged = new long[Bins];
        for (int bin = 0; bin < Bins; bin++)
            merged[(below ? Bins / 2 : 0) + bin / 2] += _counts[bin];
        merged.CopyTo(_counts, 0);
        if (below)
            _low -= Bins * _width;
        _width *= 2;
    }
}
