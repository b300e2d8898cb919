using System.Globalization;

namespace Kansformers.Findings;

/// <summary>Turns numbers into places, with marks at round numbers; linear, or by powers of ten.</summary>
internal sealed class Axis
{
    private readonly double _low, _high, _from, _to;
    private readonly bool _powers;

    /// <param name="values">What must fit; numbers that are not finite, and those of a scale by powers that are not above 0, do not count.</param>
    /// <param name="from">The place of the low end.</param>
    /// <param name="to">The place of the high end.</param>
    /// <param name="powers">Whether equal distances are equal factors.</param>
    public Axis(IEnumerable<double> values, double from, double to, bool powers = false)
    {
        (_from, _to, _powers) = (from, to, powers);
        double[] seen = [.. values.Where(value => double.IsFinite(value) && (!powers || value > 0)).Select(Scaled)];
        (double low, double high) = seen.Length == 0 ? (0, 1) : (seen.Min(), seen.Max());
        if (high - low < 1e-9 * Math.Max(1, Math.Abs(high)))
            (low, high) = (low - 0.5, high + 0.5);
        double step = Step((high - low) / 5, powers);
        (_low, _high) = (Math.Floor(low / step + 1e-9) * step, Math.Ceiling(high / step - 1e-9) * step);
        Marks = [.. Enumerable.Range(0, (int)Math.Round((_high - _low) / step) + 1).Select(i => powers ? Math.Pow(10, _low + i * step) : _low
            + i * step)];
    }

    public IReadOnlyList<double> Marks { get; }

    public double At(double value) => _from + (Math.Clamp(Scaled(value), _low, _high) - _low) / (_high - _low) * (_to - _from);

    public static string Label(double mark) => Math.Abs(mark) < 1e-12 ? "0"
        : Math.Abs(mark) is >= 1e5 or < 1e-3 ? mark.ToString("0.#e0", CultureInfo.InvariantCulture)
            : mark.ToString("0.####", CultureInfo.InvariantCulture);

    private static double Step(double rough, bool powers)
    {
        if (powers)
            return Math.Max(1, Math.Ceiling(rough));
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return new[] { 1, 2, 2.5, 5, 10 }.First(mantissa => mantissa * power >= rough * (1 - 1e-9)) * power;
    }

    private double Scaled(double value) => _powers ? Math.Log10(Math.Max(value, 1e-300)) : value;
}
