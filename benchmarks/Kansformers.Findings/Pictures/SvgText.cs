using System.Globalization;
using System.Net;
using System.Text;

namespace Kansformers.Findings;

/// <summary>Writes an SVG picture element by element, on a light ground of its own; the colours are those of the loss curves of run
/// folders.</summary>
internal sealed class SvgText
{
    public const string Ink = "#1f2933", Faded = "#5b6770", Line = "#e4e7eb";

    private const string Fonts = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif";

    private static readonly string[] Palette = ["#2b6cb0", "#c2410c", "#15803d", "#7c3aed", "#b91c1c", "#0e7490", "#a16207", "#be185d",
        "#475569", "#65a30d"];

    private readonly StringBuilder _text = new();

    public SvgText(int width, int height, string title, string subtitle)
    {
        Add($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" font-family=\"{Fonts}\">");
        _text.Append("<title>").Append(WebUtility.HtmlEncode(title)).Append("</title>\n");
        Add($"<rect width=\"{width}\" height=\"{height}\" rx=\"10\" fill=\"#ffffff\"/>");
        Text(24, 36, title, $"font-size=\"19\" font-weight=\"600\" fill=\"{Ink}\"");
        Text(24, 58, subtitle, $"font-size=\"13\" fill=\"{Faded}\"");
    }

    public static string Colour(int index) => Palette[index % Palette.Length];

    public void Add(FormattableString markup) => _text.Append(markup.ToString(CultureInfo.InvariantCulture)).Append('\n');

    public void Text(double x, double y, string text, string attributes) =>
        Add($"<text x=\"{x:0.#}\" y=\"{y:0.#}\" {attributes}>{WebUtility.HtmlEncode(text)}</text>");

    public void Path(IEnumerable<(double X, double Y)> points, string attributes)
    {
        StringBuilder data = new();
        foreach ((double x, double y) in points)
            data.Append(CultureInfo.InvariantCulture, $"{(data.Length == 0 ? 'M' : 'L')}{x:0.#} {y:0.#}");
        Add($"<path d=\"{data.ToString()}\" fill=\"none\" {attributes}/>");
    }

    public string End() => _text.Append("</svg>\n").ToString();
}
