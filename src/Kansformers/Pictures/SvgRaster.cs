using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using SkiaSharp;

namespace Kansformers.Pictures;

/// <summary>
/// Draws SVG on Skia: the elements and attributes that <see cref="SvgDocument"/> is used for, and no others; what it does not know it refuses, for a picture that lacks
/// something would look whole. docs/libraries.md tells why no library for SVG does this.
/// </summary>
internal sealed partial class SvgRaster : IDisposable
{
    private const int MostPixels = 16384;

    private readonly SKCanvas _canvas;
    private readonly PictureFont _font = new();
    private readonly Dictionary<string, SKRect> _clips = [];

    private SvgRaster(SKCanvas canvas) => _canvas = canvas;

    public static byte[] Png(string svg, float scale)
    {
        XElement root = Parse(svg);
        float width = Number(root, "width"), height = Number(root, "height");
        (double across, double down) = (Math.Ceiling(width * scale), Math.Ceiling(height * scale));
        if (!(across is >= 1 and <= MostPixels && down is >= 1 and <= MostPixels))
            throw new KansformersException(FormattableString.Invariant($"the picture would have {across} x {down} pixels, and {MostPixels} on a side are the most; write it as .svg"));
        using SKSurface surface = SKSurface.Create(new SKImageInfo((int)across, (int)down, SKColorType.Rgba8888, SKAlphaType.Premul))
            ?? throw new KansformersException(FormattableString.Invariant($"not enough memory for a picture of {across} x {down} pixels; write it as .svg"));
        surface.Canvas.Clear(SKColors.Transparent);
        surface.Canvas.Scale(scale);
        using SvgRaster raster = new(surface.Canvas);
        raster.Children(root, new SvgLook().With(root));
        using SKImage image = surface.Snapshot();
        using SKData data = image.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    public void Dispose() => _font.Dispose();

    private static XElement Parse(string svg)
    {
        try
        {
            return XDocument.Parse(svg).Root is { Name.LocalName: "svg" } root ? root : throw new KansformersException("the picture is no SVG");
        }
        catch (XmlException failure)
        {
            throw new KansformersException($"the picture is no SVG: {failure.Message}", failure);
        }
    }

    private void Children(XElement parent, SvgLook look)
    {
        foreach (XElement element in parent.Elements())
            Draw(element, look.With(element));
    }

    private void Draw(XElement element, SvgLook look)
    {
        if (element.Name.LocalName is "title" or "desc")
            return;
        int saved = _canvas.Save();
        Transform(element);
        if ((string?)element.Attribute("clip-path") is string clip)
            _canvas.ClipRect(_clips.TryGetValue(clip, out SKRect within) ? within : throw Unknown(element, "clip-path"), antialias: true);
        if ((string?)element.Attribute("opacity") is string opacity)
            Layer(Value(opacity));
        switch (element.Name.LocalName)
        {
            case "g":
                Children(element, look);
                break;
            case "clipPath":
                if (element.Elements().ToArray() is not [{ Name.LocalName: "rect" } rect])
                    throw new KansformersException("the picture holds a <clipPath> of other things than one <rect>, which is not drawn as PNG; write it as .svg");
                _clips[$"url(#{(string?)element.Attribute("id")})"] = Rect(rect);
                break;
            case "rect":
                float round = Number(element, "rx");
                look.Paint(paint => _canvas.DrawRoundRect(Rect(element), round, round, paint));
                break;
            case "circle":
                look.Paint(paint => _canvas.DrawCircle(Number(element, "cx"), Number(element, "cy"), Number(element, "r"), paint));
                break;
            case "path":
                using (SKPath path = SKPath.ParseSvgPathData((string?)element.Attribute("d") ?? "") ?? throw Unknown(element, "d"))
                    look.Paint(paint => _canvas.DrawPath(path, paint));
                break;
            case "text":
                _font.Draw(_canvas, element.Value, new SKPoint(Number(element, "x"), Number(element, "y")), look);
                break;
            default:
                throw new KansformersException($"the picture holds <{element.Name.LocalName}>, which is not drawn as PNG; write it as .svg");
        }

        _canvas.RestoreToCount(saved);
    }

    private void Layer(float opacity)
    {
        using SKPaint paint = new() { Color = SKColors.Black.WithAlpha((byte)Math.Round(Math.Clamp(opacity, 0, 1) * 255)) };
        _canvas.SaveLayer(paint);
    }

    private void Transform(XElement element)
    {
        string transform = (string?)element.Attribute("transform") ?? "";
        if (!string.IsNullOrWhiteSpace(Steps().Replace(transform, "")))
            throw Unknown(element, "transform");
        foreach (Match step in Steps().Matches(transform))
        {
            float[] numbers = [.. step.Groups[2].Value.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries).Select(Value)];
            if (step.Groups[1].Value == "translate")
                _canvas.Translate(numbers[0], numbers.Length > 1 ? numbers[1] : 0);
            else if (numbers.Length > 1)
                _canvas.RotateDegrees(numbers[0], numbers[1], numbers[2]);
            else
                _canvas.RotateDegrees(numbers[0]);
        }
    }

    private static SKRect Rect(XElement element) => SKRect.Create(Number(element, "x"), Number(element, "y"), Number(element, "width"), Number(element, "height"));

    private static float Number(XElement element, string name) => (string?)element.Attribute(name) is string text ? Value(text) : 0;

    internal static float Value(string text) => float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value)
        ? value : throw new KansformersException($"the picture holds '{text}' where a number is wanted");

    internal static KansformersException Unknown(XElement element, string attribute) => new($"the picture holds {attribute}='{(string?)element.Attribute(attribute)}' of <{element.Name.LocalName}>, which is not drawn as PNG; write it as .svg");

    [GeneratedRegex(@"(translate|rotate)\(([^)]*)\)", RegexOptions.CultureInvariant)]
    private static partial Regex Steps();
}
