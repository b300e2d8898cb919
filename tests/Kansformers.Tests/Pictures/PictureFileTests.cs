using Kansformers.Pictures;
using SkiaSharp;

namespace Kansformers.Tests.Pictures;

/// <summary>Pictures as SVG and as PNG.</summary>
public class PictureFileTests
{
    private static readonly byte[] Begin = [0x89, .. "PNG"u8];

    public static TheoryData<string> Committed() =>
        [.. Directory.EnumerateFiles(Path.Combine(SharedFolder.RepositoryRoot!, "docs"), "*.svg", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(SharedFolder.RepositoryRoot!, file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Committed))]
    public void Every_picture_of_the_pages_is_drawn(string file)
    {
        byte[] png = PictureFile.Png(File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot!, file)), 0.5);
        using SKBitmap drawn = SKBitmap.Decode(png);
        Assert.True(Colours(drawn) > 8, $"{file} is empty");
        Assert.Equal(png, PictureFile.Png(File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot!, file)), 0.5));
    }

    [Fact]
    public void Shapes_and_transforms_lie_where_they_should()
    {
        using SKBitmap drawn = Draw("""
            <rect width="100" height="50" fill="#ffffff"/><rect x="10" y="10" width="10" height="10" fill="#ff0000"/><circle cx="45" cy="15" r="5" fill="#00ff00"/>
            <g transform="translate(60 20) rotate(90)"><path d="M0 0h20" stroke="#0000ff" stroke-width="4"/></g>
            <g opacity="0.5"><rect x="80" y="10" width="10" height="10" fill="#000000"/></g>
            <clipPath id="left"><rect x="0" y="40" width="20" height="10"/></clipPath><path clip-path="url(#left)" d="M0 45h40" stroke="#ff0000" stroke-width="4" stroke-opacity="0.5"/>
            """);
        Assert.Equal((200, 100), (drawn.Width, drawn.Height));
        foreach ((int x, int y, string colour) in ((int, int, string)[])[(15, 15, "#ff0000"), (45, 15, "#00ff00"), (60, 30, "#0000ff"), (80, 20, "#ffffff"), (25, 45, "#ffffff"), (2, 2, "#ffffff")])
            Assert.Equal(SKColor.Parse(colour), drawn.GetPixel(2 * x, 2 * y));
        Assert.InRange(drawn.GetPixel(170, 30).Red, 126, 129);
        Assert.InRange(drawn.GetPixel(20, 90).Green, 126, 129);
    }

    [Fact]
    public void Text_is_visible_whatever_fonts_the_machine_has()
    {
        int plain = Ink(Text(2, "start")), bold = Ink(Text(2, "start", "font-weight=\"600\""));
        Assert.InRange(plain, 200, 4000);
        Assert.True(bold > 1.15 * plain, $"bold text has {bold} dark pixels, plain text {plain}");
        using SKBitmap middle = Draw(Text(50, "middle")), end = Draw(Text(98, "end"));
        Assert.True(Left(middle) > 0 && Left(end) > Left(middle) + 12, $"text begins at {Left(middle)} and {Left(end)}");

        static string Text(int x, string anchor, string weight = "") =>
            $"<rect width=\"100\" height=\"50\" fill=\"#ffffff\"/><text x=\"{x}\" y=\"30\" font-size=\"12\" text-anchor=\"{anchor}\" fill=\"#000000\" {weight}>Größe Ωж→≤</text>";
    }

    [Theory]
    [InlineData("<image href=\"a.png\"/>", "<image>")]
    [InlineData("<rect width=\"1\" height=\"1\" filter=\"url(#blur)\"/>", "filter='url(#blur)'")]
    [InlineData("<rect width=\"1\" height=\"1\" fill=\"url(#fade)\"/>", "the colour 'url(#fade)'")]
    [InlineData("<circle r=\"wide\"/>", "'wide' where a number")]
    [InlineData("<g transform=\"scale(2)\"/>", "transform='scale(2)'")]
    [InlineData("<g clip-path=\"url(#none)\"/>", "clip-path='url(#none)'")]
    [InlineData("<g>", "no SVG")]
    public void What_is_not_drawn_is_refused(string markup, string told) =>
        Assert.Contains(told, Assert.Throws<KansformersException>(() => PictureFile.Png(Svg(markup))).Message, StringComparison.Ordinal);

    [Fact]
    public void The_ending_decides_and_others_are_refused()
    {
        using TestFolder folder = new();
        string svg = Svg("<rect width=\"100\" height=\"50\" fill=\"#ffffff\"/>");
        PictureFile.Write(folder["in/a.SVG"], svg);
        PictureFile.Write(folder["a.png"], svg);
        Assert.Equal(svg, File.ReadAllText(folder["in/a.SVG"]));
        Assert.Equal(Begin, File.ReadAllBytes(folder["a.png"])[..4]);
        Assert.Contains("must end in .svg or .png", Assert.Throws<KansformersException>(() => PictureFile.Write(folder["a.jpg"], svg)).Message, StringComparison.Ordinal);
        Assert.Contains("16384 on a side", Assert.Throws<KansformersException>(() => PictureFile.Png(svg, 1000)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => PictureFile.Png(svg, 0));
    }

    private static string Svg(string markup) => $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 100 50\" width=\"100\" height=\"50\">{markup}</svg>";

    private static SKBitmap Draw(string markup) => SKBitmap.Decode(PictureFile.Png(Svg(markup)));

    private static int Ink(string markup)
    {
        using SKBitmap drawn = Draw(markup);
        return drawn.Pixels.Count(pixel => pixel.Red < 128);
    }

    private static int Colours(SKBitmap drawn) => drawn.Pixels.Distinct().Count();

    private static int Left(SKBitmap drawn) => Enumerable.Range(0, drawn.Width).First(x => Enumerable.Range(0, drawn.Height).Any(y => drawn.GetPixel(x, y).Red < 128));
}
