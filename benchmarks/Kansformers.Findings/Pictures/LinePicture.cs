namespace Kansformers.Findings;

/// <summary>Curves over one axis, with their names beside them.</summary>
/// <param name="Title">The heading.</param>
/// <param name="Subtitle">The smaller line under it.</param>
/// <param name="Across">What the points' first numbers are.</param>
/// <param name="Up">What the second ones are.</param>
internal sealed record LinePicture(string Title, string Subtitle, string Across, string Up)
{
    private const double Left = 80, Right = 650, Top = 82, Bottom = 400;

    public required IReadOnlyList<Curve> Curves { get; init; }

    /// <summary>Whether equal heights are equal factors.</summary>
    public bool Powers { get; init; }

    /// <summary>Whether equal distances from left to right are equal factors.</summary>
    public bool PowersAcross { get; init; }

    public string ToSvg()
    {
        SvgText svg = new(940, 460, Title, Subtitle);
        Axis across = new(Curves.SelectMany(curve => curve.Points.Select(point => point.X)), Left, Right, PowersAcross);
        Axis up = new(Curves.SelectMany(curve => curve.Points.Select(point => point.Y)), Bottom, Top, Powers);
        foreach (double mark in up.Marks)
        {
            svg.Add($"<path d=\"M{Left} {up.At(mark):0.#}H{Right}\" stroke=\"{SvgText.Line}\"/>");
            svg.Text(Left - 8, up.At(mark) + 4, Axis.Label(mark), $"font-size=\"12\" text-anchor=\"end\" fill=\"{SvgText.Faded}\"");
        }

        foreach (double mark in across.Marks)
            svg.Text(across.At(mark), Bottom + 20, Axis.Label(mark), $"font-size=\"12\" text-anchor=\"middle\" fill=\"{SvgText.Faded}\"");
        svg.Text((Left + Right) / 2, Bottom + 44, Across, $"font-size=\"13\" text-anchor=\"middle\" fill=\"{SvgText.Ink}\"");
        svg.Text(0, 0, Up, FormattableString.Invariant($"font-size=\"13\" text-anchor=\"middle\" fill=\"{SvgText.Ink}\" transform=\"translate(22 {(Top + Bottom) / 2}) rotate(-90)\""));
        for (int i = 0; i < Curves.Count; i++)
            Paint(svg, i, across, up);
        return svg.End();
    }

    private void Paint(SvgText svg, int index, Axis across, Axis up)
    {
        Curve curve = Curves[index];
        string colour = SvgText.Colour(curve.Colour ?? index), dashes = curve.Dashed ? " stroke-dasharray=\"5 4\"" : "";
        (double X, double Y)[] points = [.. curve.Points.Where(point => double.IsFinite(point.Y)).Select(point =>
            (across.At(point.X), up.At(point.Y)))];
        svg.Path(points, $"stroke=\"{colour}\" stroke-width=\"2\"{dashes}");
        foreach ((double x, double y) in points)
            svg.Add($"<circle cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"2.6\" fill=\"{colour}\"/>");
        double row = Top + 8 + 20 * index;
        svg.Path([(Right + 20, row), (Right + 44, row)], $"stroke=\"{colour}\" stroke-width=\"2.4\"{dashes}");
        svg.Text(Right + 52, row + 4, curve.Name, $"font-size=\"12.5\" fill=\"{SvgText.Ink}\"");
    }
}

/// <summary>A curve.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Points">Its points, from left to right.</param>
internal sealed record Curve(string Name, IReadOnlyList<(double X, double Y)> Points)
{
    /// <summary>Which colour; null for that of its place.</summary>
    public int? Colour { get; init; }

    public bool Dashed { get; init; }
}
