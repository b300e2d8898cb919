using System.Globalization;

namespace Kansformers.Training;

/// <summary>Durations, counts and sizes as short text for people, the same in every culture.</summary>
public static class HumanText
{
    private static readonly string[] CountUnits = ["", " k", " M", " G", " T", " P", " E"];
    private static readonly string[] ByteUnits = [" B", " kB", " MB", " GB", " TB", " PB", " EB"];

    /// <summary>A word of a command line to be copied: as it is where every POSIX shell reads it so, else in single quotes.</summary>
    /// <param name="word">Any text, such as a path.</param>
    /// <returns>What a shell reads back as that text.</returns>
    public static string ShellWord(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        return word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || (c < 128 && "_-+=.,:/@%".Contains(c, StringComparison.Ordinal)))
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }

    /// <summary>A duration in its two largest units: <c>350 ms</c>, <c>4.2 s</c>, <c>42 s</c>, <c>1 min 05 s</c>, <c>2 h 07 min</c>, <c>3 d 04 h</c>.</summary>
    /// <param name="duration">The duration; a negative one gets a minus sign.</param>
    /// <returns>The text.</returns>
    public static string Duration(TimeSpan duration)
    {
        double seconds = duration.TotalSeconds;
        if (seconds < 0)
            return "-" + Duration(duration == TimeSpan.MinValue ? TimeSpan.MaxValue : duration.Negate());
        if (seconds < 0.9995)
            return Number(seconds * 1000, seconds < 0.00995 ? "0.#" : "0") + " ms";
        if (seconds < 9.95)
            return Number(seconds, "0.0") + " s";
        long whole = (long)Math.Round(seconds);
        if (whole < 60)
            return Number(whole, "0") + " s";
        if (whole < 3600)
            return Pair(whole, 60, "min", "s");
        whole = (long)Math.Round(seconds / 60);
        if (whole < 24 * 60)
            return Pair(whole, 60, "h", "min");
        return Pair((long)Math.Round(seconds / 3600), 24, "d", "h");
    }

    /// <summary>A count: exact below 10 000, else to about three digits with a decimal prefix: <c>9999</c>, <c>12.3 k</c>, <c>124 M</c>, <c>1.2 G</c>.</summary>
    /// <param name="count">The count.</param>
    /// <returns>The text.</returns>
    public static string Count(long count) =>
        Math.Abs((double)count) < 10_000 ? count.ToString(CultureInfo.InvariantCulture) : Scaled(count, CountUnits);

    /// <summary>A size in decimal units (1 kB is 1000 bytes): <c>512 B</c>, <c>1.5 kB</c>, <c>3.1 GB</c>.</summary>
    /// <param name="bytes">The size in bytes.</param>
    /// <returns>The text.</returns>
    public static string Bytes(long bytes) => Scaled(bytes, ByteUnits);

    private static string Scaled(double value, string[] units)
    {
        int unit = 0;

        // 999.5 would be shown as 1000: it belongs to the next unit.
        while (Math.Abs(value) >= 999.5 && unit < units.Length - 1)
        {
            value /= 1000;
            unit++;
        }

        return Number(value, unit == 0 || Math.Abs(value) >= 99.95 ? "0" : "0.0") + units[unit];
    }

    private static string Pair(long value, long perLarge, string large, string small) =>
        string.Create(CultureInfo.InvariantCulture, $"{value / perLarge} {large} {value % perLarge:00} {small}");

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
