using System.Globalization;
using Kansformers.Pictures;

namespace Kansformers.Inspection;

/// <summary>One curve over the histogram of what enters it, with the ends of its grid and of both axes; what pictures of a layer are made of.</summary>
/// <param name="X">Where the curves were computed, ascending; the first and the last are the ends of the panel.</param>
/// <param name="Curve">The values there; where one is no finite number, the line has a gap.</param>
internal sealed record CurvePanel(double[] X, double[] Curve)
{
    public const double Width = 156, Height = 104;
    private const string Bars = "#d9e6f2", Frame = "#c3ccd5", Line = "#0b62a4", Dots = "#d9480f";
    private static readonly string[] Earlier = ["#cfd8e0", "#a9c4dc", "#7fa9cd"];

    /// <summary>What stands over the panel, at its left.</summary>
    public required string Name { get; init; }

    /// <summary>What stands over the panel, at its right.</summary>
    public string Score { get; init; } = "";

    /// <summary>The same curve at earlier times, the first one first; paler.</summary>
    public IReadOnlyList<double[]> Before { get; init; } = [];

    /// <summary>The values of a formula that stands for the curve; null for none.</summary>
    public double[]? Formula { get; init; }

    /// <summary>Whether the curve is a formula itself.</summary>
    public bool IsFormula { get; init; }

    /// <summary>Where a grid begins and ends.</summary>
    public IReadOnlyList<double> GridEnds { get; init; } = [];

    /// <summary>How many values lie between two others.</summary>
    public IReadOnlyList<(double From, double To, double Count)> Histogram { get; init; } = [];

    /// <summary>What the ends of the panel are called; null for their numbers.</summary>
    public (string Low, string High)? Ends { get; init; }

    /// <summary>A line below the panel, and whether it warns; null for none. With one the ends of the curve have a line of their own, too.</summary>
    public (string Text, bool Warns)? Note { get; init; }

    /// <summary>What a pointer that rests on the panel is told; null for nothing.</summary>
    public string? Tooltip { get; init; }

    /// <summary>Draws the panel.</summary>
    public void Paint(SvgDocument svg, (double X, double Y) at)
    {
        double low = X[0], high = X[^1];
        (double bottom, double top) = Range(Before.Append(Curve));
        double room = Math.Max((top - bottom) * 0.06, Math.Max(Math.Abs(top), 1e-12) * 1e-6);
        (bottom, top) = (bottom - room, top + room);
        string colour = IsFormula ? Dots : Line;
        svg.Add($"<g><rect x=\"{at.X:0.#}\" y=\"{at.Y:0.#}\" width=\"{Width:0}\" height=\"{Height:0}\" fill=\"#fbfcfd\" stroke=\"{Frame}\"/>");
        if (Tooltip is not null)
            svg.Add($"<title>{SvgDocument.Escape(Tooltip)}</title>");
        PaintBars(svg, at);
        foreach (double end in GridEnds.Where(end => end > low && end < high))
            svg.Add($"<path d=\"M{Across(end):0.#} {at.Y:0.#}v{Height:0}\" stroke=\"{PictureStyle.Faded}\" stroke-width=\"1\" stroke-dasharray=\"2 3\"/>");
        if (bottom < 0 && top > 0)
            svg.Add($"<path d=\"M{at.X:0.#} {Up(0):0.#}h{Width:0}\" stroke=\"{Frame}\" stroke-width=\"1\"/>");
        for (int i = 0; i < Before.Count; i++)
            svg.Add($"<path d=\"{Path(Before[i])}\" fill=\"none\" stroke=\"{Earlier[i * Earlier.Length / Before.Count]}\" stroke-width=\"1.4\"/>");
        svg.Add($"<path d=\"{Path(Curve)}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.9\" stroke-linejoin=\"round\"/>");
        if (Formula is not null)
            svg.Add($"<path d=\"{Path([.. Formula.Select(value => Math.Clamp(double.IsFinite(value) ? value : 0, bottom, top))])}\" fill=\"none\" stroke=\"{Dots}\" stroke-width=\"2.4\" stroke-linecap=\"round\" stroke-dasharray=\"0.1 6\"/>");
        const string small = "font-size=\"10.5\" fill=\"" + PictureStyle.Faded + "\"";
        svg.Text(at.X, at.Y - 6, Name, $"font-size=\"11.5\" font-weight=\"600\" fill=\"{PictureStyle.Ink}\"");
        svg.Text(at.X + Width, at.Y - 6, Score, small + " text-anchor=\"end\"");
        (string first, string last) = Ends ?? (PictureStyle.Number(low), PictureStyle.Number(high));
        svg.Text(at.X, at.Y + Height + 13, first, small);
        svg.Text(at.X + Width, at.Y + Height + 13, last, small + " text-anchor=\"end\"");
        svg.Text(at.X + Width / 2, at.Y + Height + (Note is null ? 13 : 27), $"{Short(bottom + room)} … {Short(top - room)}", $"font-size=\"10.5\" fill=\"{colour}\" text-anchor=\"middle\"");
        if (Note is var (text, warns))
            svg.Text(at.X, at.Y + Height + 41, text, $"font-size=\"10.5\" fill=\"{(warns ? PictureStyle.Orange : PictureStyle.Faded)}\"");
        svg.Add($"</g>");

        double Across(double value) => at.X + (value - low) / (high - low) * Width;
        double Up(double value) => at.Y + Height - (value - bottom) / (top - bottom) * Height;
        string Path(double[] curve) => Gapped(X.Zip(curve, (across, value) => (Across(across), Up(value))));
    }

    /// <summary>The finite ends of some curves; 0 and 0 where nothing is finite.</summary>
    public static (double Low, double High) Range(IEnumerable<double[]> curves)
    {
        (double low, double high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (double value in curves.SelectMany(curve => curve).Where(double.IsFinite))
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
        return low <= high ? (low, high) : (0, 0);
    }

    /// <summary>A line's data, with a gap where a point is no number.</summary>
    public static string Gapped(IEnumerable<(double X, double Y)> points)
    {
        List<List<(double X, double Y)>> parts = [[]];
        foreach ((double x, double y) point in points)
        {
            if (double.IsFinite(point.y))
                parts[^1].Add(point);
            else if (parts[^1].Count > 0)
                parts.Add([]);
        }

        return string.Concat(parts.Select(SvgDocument.Path));
    }

    private void PaintBars(SvgDocument svg, (double X, double Y) at)
    {
        double low = X[0], high = X[^1], most = Math.Max(1, Histogram.Select(bar => bar.Count).DefaultIfEmpty(0).Max());
        foreach ((double first, double last, double count) in Histogram)
        {
            double from = Math.Max(low, first), to = Math.Min(high, last);
            if (to <= from || count == 0)
                continue;
            double tall = count / most * Height * 0.6, wide = (to - from) / (high - low) * Width;
            svg.Add($"<rect x=\"{at.X + (from - low) / (high - low) * Width:0.##}\" y=\"{at.Y + Height - tall:0.##}\" width=\"{wide:0.##}\" height=\"{tall:0.##}\" fill=\"{Bars}\"/>");
        }
    }

    private static string Short(double value) => value.ToString(Math.Abs(value) is >= 1e-3 and < 1e5 or 0 ? "G2" : "0.#e0", CultureInfo.InvariantCulture);
}
