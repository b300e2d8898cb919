namespace Kansformers.Inspection;

/// <summary>A logarithmic axis that goes up, marked at powers of ten, or at 1, 2 and 5 where these are few.</summary>
internal sealed class LogAxis
{
    private readonly double _low, _high, _top, _bottom;

    public LogAxis(double least, double most, double top, double bottom)
    {
        (_low, _high, _top, _bottom) = (Math.Log10(least), Math.Log10(most), top, bottom);
        double margin = Math.Max(0.04 * (_high - _low), 0.02);
        (_low, _high) = (_low - margin, _high + margin);
        int first = (int)Math.Floor(_low), last = (int)Math.Ceiling(_high), every = Math.Max(1, (last - first) / 8);
        double[] mantissas = _high - _low > 2 ? [1] : _high - _low > 0.5 ? [1, 2, 5] : [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9];
        Marks = [.. from power in Enumerable.Range(first, last - first + 1) where (power - first) % every == 0 from mantissa in mantissas
                    let mark = mantissa * Math.Pow(10, power) where Math.Log10(mark) >= _low && Math.Log10(mark) <= _high select mark];
    }

    public IReadOnlyList<double> Marks { get; }

    public double Y(double value) => _bottom - (Math.Log10(value) - _low) / (_high - _low) * (_bottom - _top);
}
