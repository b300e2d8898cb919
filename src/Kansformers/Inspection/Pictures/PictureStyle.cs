using System.Globalization;
using Kansformers.Pictures;

namespace Kansformers.Inspection;

/// <summary>What the pictures of small networks have in common.</summary>
internal static class PictureStyle
{
    public const string Ink = "#1f2933", Faded = "#5b6770", Grid = "#e4e7eb", Blue = "#2b6cb0", Orange = "#c2410c", Red = "#b91c1c", Green = "#15803d";

    /// <summary>Opens a picture on its own light ground.</summary>
    public static SvgDocument Begin(double width, double height, string title)
    {
        SvgDocument svg = new();
        svg.Add($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:0} {height:0}\" width=\"{width:0}\" height=\"{height:0}\" role=\"img\" font-family=\"system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif\">");
        svg.Add($"<title>{SvgDocument.Escape(title)}</title>");
        svg.Add($"<rect width=\"{width:0}\" height=\"{height:0}\" rx=\"10\" fill=\"#ffffff\"/>");
        return svg;
    }

    public static string End(SvgDocument svg)
    {
        svg.Add($"</svg>");
        return svg.ToString();
    }

    /// <summary>Three digits that count.</summary>
    public static string Number(double value) => Math.Abs(value) is 0 or (>= 1e-3 and < 1e5) ? value.ToString("G3", CultureInfo.InvariantCulture) : value.ToString("0.##e+0", CultureInfo.InvariantCulture);
}
