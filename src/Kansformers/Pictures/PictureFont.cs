using System.Text;
using SkiaSharp;

namespace Kansformers.Pictures;

/// <summary>Sets the text of pictures in DejaVu Sans, which lies in the library: machines that only build and train have no fonts.</summary>
internal sealed class PictureFont : IDisposable
{
    private readonly SKTypeface _regular = Load("DejaVuSans.ttf"), _bold = Load("DejaVuSans-Bold.ttf");
    private readonly Dictionary<int, SKTypeface> _others = [];

    /// <summary>Draws a line of text.</summary>
    /// <param name="canvas">On what.</param>
    /// <param name="text">The text; white space at its ends does not count, as in SVG.</param>
    /// <param name="at">Where its base line begins, ends or has its middle.</param>
    /// <param name="look">Size, weight, anchor and colours.</param>
    public void Draw(SKCanvas canvas, string text, SKPoint at, SvgLook look)
    {
        SKTypeface own = look.IsBold ? _bold : _regular;
        List<(string Text, SKFont Font, float Width)> runs = [];
        foreach ((string part, SKTypeface typeface) in Runs(text.Trim(), own))
        {
            SKFont font = new(typeface, look.FontSize, 1, look.IsItalic ? -0.2f : 0) { Subpixel = true, LinearMetrics = true, Hinting = SKFontHinting.None, Edging = SKFontEdging.Antialias };
            runs.Add((part, font, font.MeasureText(typeface.GetGlyphs(part))));
        }

        float width = runs.Sum(run => run.Width), x = at.X - (look.Anchor switch { "middle" => width / 2, "end" => width, _ => 0 });
        foreach ((string part, SKFont font, float wide) in runs)
        {
            float from = x;
            look.Paint(paint => canvas.DrawText(part, from, at.Y, font, paint));
            x += wide;
            font.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (SKTypeface typeface in (IEnumerable<SKTypeface>)[_regular, _bold, .. _others.Values])
        {
            if (typeface != SKTypeface.Default)
                typeface.Dispose();
        }
    }

    private IEnumerable<(string Text, SKTypeface Typeface)> Runs(string text, SKTypeface own)
    {
        StringBuilder run = new();
        SKTypeface last = own;
        foreach (Rune rune in text.EnumerateRunes())
        {
            SKTypeface typeface = own.ContainsGlyph(rune.Value) ? own : Other(rune.Value, own);
            if (typeface != last && run.Length > 0)
            {
                yield return (run.ToString(), last);
                run.Clear();
            }

            last = typeface;
            run.Append(rune.ToString());
        }

        if (run.Length > 0)
            yield return (run.ToString(), last);
    }

    private SKTypeface Other(int sign, SKTypeface own)
    {
        if (_others.TryGetValue(sign, out SKTypeface? known))
            return known;
        SKTypeface? found = SKFontManager.Default.MatchCharacter(sign);
        if (found is null)
            return own;
        return _others[sign] = found;
    }

    private static SKTypeface Load(string name)
    {
        using Stream stream = typeof(PictureFont).Assembly.GetManifestResourceStream("Kansformers.Fonts." + name)!;
        return SKTypeface.FromStream(stream);
    }
}
