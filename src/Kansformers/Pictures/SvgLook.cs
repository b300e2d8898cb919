using System.Xml.Linq;
using SkiaSharp;

namespace Kansformers.Pictures;

/// <summary>How elements of an SVG look: what they inherit, with their own attributes over it.</summary>
internal readonly record struct SvgLook()
{
    private static readonly HashSet<string> Elsewhere =
        ["xmlns", "viewBox", "width", "height", "role", "id", "class", "font-family", "x", "y", "rx", "cx", "cy", "r", "d", "transform", "clip-path", "opacity"];

    private string? Fill { get; init; }

    private string? Stroke { get; init; }

    private float? StrokeWidth { get; init; }

    private float? FillOpacity { get; init; }

    private float? StrokeOpacity { get; init; }

    private string? Cap { get; init; }

    private string? Join { get; init; }

    private string? Dashes { get; init; }

    private bool StrokeFirst { get; init; }

    public float FontSize { get; init; } = 16;

    public bool IsBold { get; init; }

    public bool IsItalic { get; init; }

    public string? Anchor { get; init; }

    /// <summary>The look of an element within one of this look.</summary>
    public SvgLook With(XElement element)
    {
        SvgLook look = this;
        foreach (XAttribute attribute in element.Attributes())
        {
            string name = attribute.Name.LocalName, value = attribute.Value;
            look = name switch
            {
                "fill" => look with { Fill = value },
                "stroke" => look with { Stroke = value },
                "stroke-width" => look with { StrokeWidth = SvgRaster.Value(value) },
                "fill-opacity" => look with { FillOpacity = SvgRaster.Value(value) },
                "stroke-opacity" => look with { StrokeOpacity = SvgRaster.Value(value) },
                "stroke-linecap" => look with { Cap = value },
                "stroke-linejoin" => look with { Join = value },
                "stroke-dasharray" => look with { Dashes = value },
                "font-size" => look with { FontSize = SvgRaster.Value(value) },
                "font-weight" => look with { IsBold = SvgRaster.Value(value) >= 600 },
                "font-style" => look with { IsItalic = value == "italic" },
                "text-anchor" => look with { Anchor = value },
                "paint-order" => look with { StrokeFirst = value == "stroke" },
                _ when Elsewhere.Contains(name) || name.StartsWith("data-", StringComparison.Ordinal) || name.StartsWith("aria-", StringComparison.Ordinal) => look,
                _ => throw SvgRaster.Unknown(element, name),
            };
        }

        return look;
    }

    /// <summary>Draws what fills and what outlines.</summary>
    public void Paint(Action<SKPaint> draw)
    {
        using SKPaint? fill = Fill == "none" ? null : Of(Fill ?? "#000000", FillOpacity), stroke = Stroke is null or "none" ? null : Of(Stroke, StrokeOpacity);
        if (stroke is not null)
        {
            (stroke.Style, stroke.StrokeWidth) = (SKPaintStyle.Stroke, StrokeWidth ?? 1);
            stroke.StrokeCap = Cap == "round" ? SKStrokeCap.Round : SKStrokeCap.Butt;
            stroke.StrokeJoin = Join == "round" ? SKStrokeJoin.Round : SKStrokeJoin.Miter;
            if (Intervals() is { Length: > 0 } intervals)
                stroke.PathEffect = SKPathEffect.CreateDash(intervals, 0);
        }

        foreach (SKPaint? paint in StrokeFirst ? [stroke, fill] : (SKPaint?[])[fill, stroke])
        {
            if (paint is not null)
                draw(paint);
        }
    }

    // An odd number of lengths is taken twice.
    private float[] Intervals()
    {
        float[] lengths = [.. (Dashes ?? "").Split([' ', ','], StringSplitOptions.RemoveEmptyEntries).Where(text => text != "none").Select(SvgRaster.Value)];
        return lengths.Length % 2 == 0 ? lengths : [.. lengths, .. lengths];
    }

    private static SKPaint Of(string colour, float? opacity)
    {
        if (!SKColor.TryParse(colour, out SKColor parsed))
            throw new KansformersException($"the picture holds the colour '{colour}', which is not drawn as PNG; write it as .svg");
        return new SKPaint { IsAntialias = true, Color = parsed.WithAlpha((byte)Math.Round(Math.Clamp(opacity ?? 1, 0, 1) * 255)) };
    }
}
