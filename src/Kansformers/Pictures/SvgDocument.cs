using System.Globalization;
using System.Text;

namespace Kansformers.Pictures;

/// <summary>Builds the text of an SVG picture element by element; numbers are written with one decimal, the same in every culture.</summary>
// Own writer: what libraries that draw charts cost, and what their SVG is, docs/libraries.md tells.
internal sealed class SvgDocument
{
    private readonly StringBuilder _text = new();

    /// <summary>Opens a picture of so many pixels, with the title and the description that screen readers tell, on its own white ground.</summary>
    /// <returns>This picture.</returns>
    public SvgDocument Begin(double width, double height, string title, string? description = null)
    {
        Add($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:0} {height:0}\" width=\"{width:0}\" height=\"{height:0}\" role=\"img\" font-family=\"system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif\">");
        Add($"<title>{Escape(title)}</title>");
        if (description is not null)
            Add($"<desc>{Escape(description)}</desc>");
        Add($"<rect width=\"{width:0}\" height=\"{height:0}\" rx=\"10\" fill=\"#ffffff\"/>");
        return this;
    }

    /// <summary>Closes the picture, and gives its text.</summary>
    public string End()
    {
        Add($"</svg>");
        return ToString();
    }

    /// <summary>Adds markup; strings that a user chose are put in by <see cref="Escape"/>.</summary>
    public void Add(FormattableString markup) => _text.Append(markup.ToString(CultureInfo.InvariantCulture)).Append('\n');

    /// <summary>Adds a text element.</summary>
    public void Text(double x, double y, string text, string attributes) =>
        Add($"<text x=\"{x:0.#}\" y=\"{y:0.#}\" {attributes}>{Escape(text)}</text>");

    /// <summary>A path's data through the points.</summary>
    public static string Path(IEnumerable<(double X, double Y)> points)
    {
        StringBuilder data = new();
        foreach ((double x, double y) in points)
            data.Append(CultureInfo.InvariantCulture, $"{(data.Length == 0 ? 'M' : 'L')}{x:0.#} {y:0.#}");
        return data.ToString();
    }

    /// <summary>The text as XML holds it; characters that XML forbids become U+FFFD.</summary>
    public static string Escape(string text)
    {
        StringBuilder escaped = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                '&' => escaped.Append("&amp;"),
                '"' => escaped.Append("&quot;"),
                '\t' or '\n' or '\r' => escaped.Append(' '),
                < 0x20 or 0xFFFE or 0xFFFF => escaped.Append('\uFFFD'),
                _ => escaped.Append(rune.ToString()),
            };
        }

        return escaped.ToString();
    }

    public override string ToString() => _text.ToString();
}
