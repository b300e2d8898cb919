using System.Globalization;

namespace Kansformers.Inspection;

/// <summary>What the pictures of small networks have in common.</summary>
internal static class PictureStyle
{
    public const string Ink = "#1f2933", Faded = "#5b6770", Grid = "#e4e7eb", Blue = "#2b6cb0", Orange = "#c2410c", Red = "#b91c1c", Green = "#15803d";

    /// <summary>Three digits that count.</summary>
    public static string Number(double value) => Math.Abs(value) is 0 or (>= 1e-3 and < 1e5) ? value.ToString("G3", CultureInfo.InvariantCulture) : value.ToString("0.##e+0", CultureInfo.InvariantCulture);

    /// <summary>A text of at most so many signs, with an ellipsis where it was longer.</summary>
    public static string Shorten(string text, int most) => text.Length <= most ? text : string.Concat(text.AsSpan(0, Math.Max(1, most - 1)), "…");
}
