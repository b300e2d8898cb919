namespace Kansformers.Findings;

/// <summary>A row of dots for each of several things, a dot for each seed, and a line where the first row's mean is.</summary>
/// <param name="Title">The heading.</param>
/// <param name="Subtitle">The smaller line under it.</param>
/// <param name="Across">What the numbers are.</param>
internal sealed record DotPicture(string Title, string Subtitle, string Across)
{
    private const double Left = 250, Right = 900, Top = 84, Row = 22;

    /// <summary>Names and values; the first row is what the others are compared with.</summary>
    public required IReadOnlyList<(string Name, IReadOnlyList<double> Values)> Rows { get; init; }

    public string ToSvg()
    {
        double bottom = Top + Row * Rows.Count;
        SvgText svg = new(940, (int)bottom + 62, Title, Subtitle);
        Axis across = new(Rows.SelectMany(row => row.Values), Left, Right);
        foreach (double mark in across.Marks)
        {
            svg.Add($"<path d=\"M{across.At(mark):0.#} {Top}V{bottom:0.#}\" stroke=\"{SvgText.Line}\"/>");
            svg.Text(across.At(mark), bottom + 20, Axis.Label(mark), $"font-size=\"12\" text-anchor=\"middle\" fill=\"{SvgText.Faded}\"");
        }

        svg.Text((Left + Right) / 2, bottom + 44, Across, $"font-size=\"13\" text-anchor=\"middle\" fill=\"{SvgText.Ink}\"");
        double first = Rows[0].Values.DefaultIfEmpty(double.NaN).Average();
        if (double.IsFinite(first))
            svg.Add($"<path d=\"M{across.At(first):0.#} {Top}V{bottom:0.#}\" stroke=\"{SvgText.Faded}\" stroke-dasharray=\"5 4\"/>");
        for (int i = 0; i < Rows.Count; i++)
        {
            (string name, IReadOnlyList<double> values) = Rows[i];
            double y = Top + Row * (i + 0.5), mean = values.DefaultIfEmpty(double.NaN).Average();
            string colour = SvgText.Colour(i == 0 ? 8 : mean < first ? 2 : 1);
            svg.Text(Left - 12, y + 4, name, $"font-size=\"12.5\" text-anchor=\"end\" fill=\"{SvgText.Ink}\"{(i == 0 ? " font-weight=\"600\""
                : "")}");
            if (double.IsFinite(mean) && double.IsFinite(first))
                svg.Path([(across.At(first), y), (across.At(mean), y)], $"stroke=\"{colour}\" stroke-width=\"2.4\" stroke-opacity=\"0.55\"");
            foreach (double value in values)
                svg.Add($"<circle cx=\"{across.At(value):0.#}\" cy=\"{y:0.#}\" r=\"4\" fill=\"{colour}\" fill-opacity=\"0.8\"/>");
            if (values.Count == 0)
                svg.Text(Left + 4, y + 4, "not finite", $"font-size=\"12\" font-style=\"italic\" fill=\"{SvgText.Faded}\"");
        }

        return svg.End();
    }
}
