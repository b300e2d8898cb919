using Kansformers.Files;

namespace Kansformers.Pictures;

/// <summary>Writes the pictures of this library, all of which are SVG texts, as what the file's name ends in: .svg, or .png.</summary>
public static class PictureFile
{
    private const double Scale = 2; // so that text stays sharp on screens of today

    /// <summary>What names of pictures may end in, in lower case.</summary>
    public static IReadOnlyList<string> Endings { get; } = [".svg", ".png"];

    /// <summary>Whether a name ends as a picture's does, in capitals or not.</summary>
    /// <param name="path">The name.</param>
    public static bool IsPicture(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Endings.Contains(Path.GetExtension(path).ToLowerInvariant());
    }

    /// <summary>Writes a picture; whoever reads the file has the old content or the new, never a part.</summary>
    /// <param name="path">The file, which ends in .svg or .png; its folder is made when missing.</param>
    /// <param name="svg">The picture, as this library makes it.</param>
    /// <exception cref="KansformersException">The name ends in something else, the file cannot be written, or the picture cannot be drawn as PNG (<see cref="Png"/>).</exception>
    public static void Write(string path, string svg)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(svg);
        if (!IsPicture(path))
            throw new KansformersException($"'{path}' must end in {string.Join(" or ", Endings)}: a picture is one of these");
        if (Path.GetExtension(path).Equals(".svg", StringComparison.OrdinalIgnoreCase))
            OutputFile.WriteText(path, svg);
        else
            OutputFile.Write(path, Png(svg, Scale));
    }

    /// <summary>
    /// Draws a picture as PNG. Text is set in DejaVu Sans, which is part of the library, so that a picture is the same on every machine, fonts or none; signs beyond Latin, Greek
    /// and Cyrillic come of the system's fonts, and are boxes where it has none.
    /// </summary>
    /// <param name="svg">The picture, as this library makes it: SVG of groups, paths, circles, rectangles and text. SVG of other programs may hold more.</param>
    /// <param name="scale">How many pixels a unit of the picture becomes, both ways; above 0.</param>
    /// <returns>The file's content.</returns>
    /// <exception cref="KansformersException">It is no SVG, holds what is not drawn here, which the message names, or would have more than 16384 pixels on a side.</exception>
    public static byte[] Png(string svg, double scale = Scale)
    {
        ArgumentNullException.ThrowIfNull(svg);
        if (!(scale > 0 && double.IsFinite(scale)))
            throw new ArgumentOutOfRangeException(nameof(scale), scale, "a scale is above 0");
        return SvgRaster.Png(svg, (float)scale);
    }
}
