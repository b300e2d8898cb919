using Kansformers.Pictures;
using Kansformers.Training;

namespace Kansformers.Scaling;

/// <summary>One axis of a chart: which values it shows, where between its ends they lie, and its marks.</summary>
internal sealed class ChartAxis
{
    private const int MostMarks = 6;

    private readonly Func<double, double> _map;
    private readonly double _low, _high;

    private ChartAxis(Func<double, double> map, double low, double high, IReadOnlyList<(double, string)> marks) =>
        (_map, _low, _high, Low, High, Marks) = (map, map(low), map(high), low, high, marks);

    public double Low { get; }

    public double High { get; }

    public IReadOnlyList<(double At, string Text)> Marks { get; }

    /// <summary>0 at the low end, 1 at the high one; what lies far outside is brought near, since drawing programs fail on huge coordinates.</summary>
    public double Place(double value)
    {
        double share = (_map(value) - _low) / (_high - _low);
        return double.IsNaN(share) ? double.NaN : Math.Clamp(share, -2, 3);
    }

    /// <summary>A logarithmic axis about some values above 0.</summary>
    /// <param name="values">The values.</param>
    /// <param name="text">How its marks are written.</param>
    /// <param name="after">Room above the highest value, as a factor.</param>
    public static ChartAxis Log(IEnumerable<double> values, Func<double, string> text, double after = 1)
    {
        double[] shown = [.. values.Where(value => value > 0 && double.IsFinite(value)).DefaultIfEmpty(1)];
        double low = shown.Min(), high = shown.Max() * after, margin = Math.Max(1.02, Math.Pow(high / low, 0.05));
        (low, high) = (low / margin, high * margin);
        return new ChartAxis(Math.Log, low, high, [.. LogMarks(low, high).Select(mark => (mark, text(mark)))]);
    }

    /// <summary>A straight axis that encloses two values.</summary>
    public static ChartAxis Linear(double low, double high, Func<double, string> text)
    {
        NiceTicks marks = NiceTicks.Around(low, high, 5);
        return new ChartAxis(value => value, marks.First, marks.Last, [.. Enumerable.Range(0, marks.Count).Select(i => (marks.At(i), text(marks.At(i))))]);
    }

    // Powers of ten, perhaps each second or third; on shorter axes some numbers between them, on the shortest evenly spaced ones.
    private static double[] LogMarks(double low, double high)
    {
        double decades = Math.Log10(high / low);
        if (decades < 0.4)
        {
            NiceTicks round = NiceTicks.Inside(low, high, 5);
            return [.. Enumerable.Range(0, round.Count).Select(round.At).Where(mark => mark >= low && mark <= high)];
        }

        (int first, int last) = ((int)Math.Floor(Math.Log10(low)), (int)Math.Ceiling(Math.Log10(high)));
        double[] factors = decades < 1 ? [1, 1.5, 2, 3, 4, 5, 7] : decades < 1.8 ? [1, 2, 5] : decades < 2.8 ? [1, 3] : [1];
        int every = factors.Length > 1 ? 1 : (int)Math.Ceiling(decades / MostMarks);
        return
        [
            .. Enumerable.Range(first, last - first + 1).Where(power => power % every == 0).SelectMany(power => factors.Select(factor => factor * Math.Pow(10, power)))
                .Where(mark => mark >= low && mark <= high),
        ];
    }
}
