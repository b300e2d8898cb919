using System.Globalization;
using Kansformers.Training;

namespace Kansformers.Scaling;

/// <summary>Numbers as the report writes them.</summary>
internal static class ReportNumbers
{
    private const string Superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

    /// <summary>Four digits that count, and powers of ten where a number is far from 1: <c>0.347</c>, <c>2143</c>, <c>8.8·10¹³</c>.</summary>
    public static string Short(double value)
    {
        if (!double.IsFinite(value))
            return "–";
        double size = Math.Abs(value);
        if (size is 0 or (>= 1e-3 and < 1e5))
            return value.ToString(size >= 1000 ? "0" : size >= 100 ? "0.0" : size >= 10 ? "0.00" : size >= 1 ? "0.000" : "0.0000", CultureInfo.InvariantCulture);
        int power = (int)Math.Floor(Math.Log10(size));
        return $"{(value / Math.Pow(10, power)).ToString("0.##", CultureInfo.InvariantCulture)}·{PowerOfTen(power)}";
    }

    /// <summary><c>10¹⁸</c>.</summary>
    public static string PowerOfTen(int power) =>
        "10" + (power < 0 ? "⁻" : "") + string.Concat(Math.Abs(power).ToString(CultureInfo.InvariantCulture).Select(digit => Superscripts[digit - '0']));

    /// <summary>A count of parameters or tokens: <c>12.3 M</c>.</summary>
    public static string Count(double value) => !double.IsFinite(value) ? "–" : Math.Abs(value) < 9e17 ? HumanText.Count((long)Math.Round(value)) : Short(value);

    /// <summary>Operations: <c>10¹⁸</c>, <c>2.5·10¹⁸</c>.</summary>
    public static string Flops(double value)
    {
        if (!(value > 0) || !double.IsFinite(value))
            return "–";
        int power = (int)Math.Floor(Math.Log10(value) + 1e-9);
        string factor = (value / Math.Pow(10, power)).ToString("0.##", CultureInfo.InvariantCulture);
        return factor == "1" ? PowerOfTen(power) : $"{factor}·{PowerOfTen(power)}";
    }

    /// <summary>A loss to four places.</summary>
    public static string Loss(double value) => double.IsFinite(value) ? value.ToString("0.0000", CultureInfo.InvariantCulture) : "–";

    /// <summary>A share in per cent with its sign.</summary>
    public static string Percent(double share) => double.IsFinite(share) ? (100 * share).ToString("+0.00;−0.00;0.00", CultureInfo.InvariantCulture) + " %" : "–";

    /// <summary>The confidence of the intervals: <c>95 %</c>.</summary>
    public static string Confidence(FitOptions options) => (100 * options.Confidence).ToString("0.##", CultureInfo.InvariantCulture) + " %";

    /// <summary>A value with its interval: <c>0.347 (0.317 to 0.372)</c>.</summary>
    public static string With(double value, Interval interval, Func<double, string> text) =>
        double.IsNaN(interval.Low) ? text(value) : $"{text(value)} ({Range(interval, text)})";

    /// <summary>An interval: <c>0.317 to 0.372</c>.</summary>
    public static string Range(Interval interval, Func<double, string> text) => double.IsNaN(interval.Low) ? "–" : $"{text(interval.Low)} to {text(interval.High)}";
}
