using Kansformers.Pictures;
using Kansformers.Training;

namespace Kansformers.Cli.Bench;

/// <summary>Draws what a layer costs over its grid size, a panel for each shape and precision.</summary>
internal static class GridSizePlot
{
    private const double Left = 84, Right = 760, Panel = 330, Head = 76, PlotTop = 40, PlotHeight = 220;
    private const string Ink = "#1f2933", Faded = "#5b6770", Grid = "#e4e7eb";

    private static readonly (string Name, string Label, string Color)[] Lines =
    [
        (LayerContestants.Dense, "ours, all coefficients", "#b45309"),
        (LayerContestants.Sparse, "ours, live coefficients", "#2b6cb0"),
        (LayerContestants.Bound, "bound of the dense form", "#5b6770"),
        (LayerContestants.Linear, "linear layer", "#15803d"),
    ];

    /// <summary>The SVG text.</summary>
    public static string Paint(IReadOnlyList<LayerResult> results, Machine machine)
    {
        SvgDocument svg = new();
        var panels = results.GroupBy(result => (result.In, result.Out, result.Precision)).ToArray();
        double height = Head + panels.Length * Panel;
        LayerResult one = results[0];
        svg.Begin(960, height, "A KAN layer's cost over its grid size");
        svg.Text(Left, 40, "A KAN layer's cost over its grid size, forward and backward", $"font-size=\"20\" font-weight=\"600\" fill=\"{Ink}\"");
        svg.Text(Left, 64, FormattableString.Invariant($"{one.Tokens} tokens, spline order {one.SplineOrder}; {machine}"), $"font-size=\"13.5\" fill=\"{Faded}\"");
        for (int i = 0; i < panels.Length; i++)
            PaintPanel(svg, [.. panels[i].OrderBy(result => result.GridSize!.Value)], Head + i * Panel);
        return svg.End();
    }

    private static void PaintPanel(SvgDocument svg, IReadOnlyList<LayerResult> results, double top)
    {
        const string label = "font-size=\"12.5\" fill=\"" + Faded + "\"";
        double bottom = top + PlotTop + PlotHeight;
        double low = results[0].GridSize!.Value, high = results[^1].GridSize!.Value;
        double most = results.SelectMany(result => Lines.Select(line => Milliseconds(result, line.Name))).Where(double.IsFinite).Max();
        double step = TickStep(most / 5);
        int marks = (int)Math.Ceiling((most / step) - 1e-9);
        double X(double grid) => Left + 14 + (grid - low) / (high - low) * (Right - Left - 28);
        double Y(double ms) => bottom - ms / (marks * step) * PlotHeight;

        svg.Text(Left, top + 24, FormattableString.Invariant($"{results[0].In} -> {results[0].Out}, {results[0].Precision}"), $"font-size=\"15\" font-weight=\"600\" fill=\"{Ink}\"");
        for (int i = 0; i <= marks; i++)
        {
            double y = Y(i * step);
            svg.Add($"<path d=\"M{Left:0.#} {y:0.#}H{Right:0.#}\" stroke=\"{(i == 0 ? Faded : Grid)}\" stroke-width=\"1\"/>");
            svg.Text(Left - 10, y + 4.5, FormattableString.Invariant($"{i * step:0.######}"), label + " text-anchor=\"end\"");
        }

        svg.Text(Left - 10, top + PlotTop - 14, "ms", label + " text-anchor=\"end\"");
        double lastLabel = double.NegativeInfinity;
        foreach (LayerResult result in results)
        {
            double x = X(result.GridSize!.Value);
            svg.Add($"<path d=\"M{x:0.#} {bottom:0.#}v5\" stroke=\"{Faded}\" stroke-width=\"1\"/>");
            if (x - lastLabel < 22)
                continue;
            lastLabel = x;
            svg.Text(x, bottom + 20, FormattableString.Invariant($"{result.GridSize}"), label + " text-anchor=\"middle\"");
        }

        svg.Text((Left + Right) / 2, bottom + 40, "grid size", $"font-size=\"13\" text-anchor=\"middle\" fill=\"{Ink}\"");
        PaintLines(svg, results, X, Y);
    }

    private static void PaintLines(SvgDocument svg, IReadOnlyList<LayerResult> results, Func<double, double> x, Func<double, double> y)
    {
        List<(double Y, string Text, string Color)> names = [];
        foreach ((string name, string label, string color) in Lines)
        {
            (double X, double Y)[] points = [.. results.Where(result => double.IsFinite(Milliseconds(result, name))).Select(result => (x(result.GridSize!.Value), y(Milliseconds(result, name))))];
            if (points.Length == 0)
                continue;
            svg.Add($"<path d=\"{SvgDocument.Path(points)}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2.2\" stroke-linejoin=\"round\"/>");
            foreach ((double px, double py) in points)
                svg.Add($"<circle cx=\"{px:0.#}\" cy=\"{py:0.#}\" r=\"3\" fill=\"{color}\"/>");
            names.Add((points[^1].Y, label, color));
        }

        // Names stand at the ends of their lines, from the lowest up, a line of text apart.
        double above = double.PositiveInfinity;
        foreach ((double end, string text, string color) in names.OrderByDescending(name => name.Y))
        {
            above = Math.Min(end, above - 16);
            svg.Text(Right + 8, above + 4.5, text, $"font-size=\"13\" fill=\"{color}\"");
        }
    }

    // The next of 1, 2, 2.5 and 5 times a power of ten.
    private static double TickStep(double rough)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return new[] { 1, 2, 2.5, 5, 10 }.First(mantissa => mantissa * power >= rough * (1 - 1e-9)) * power;
    }

    private static double Milliseconds(LayerResult result, string name) => result.Timings.GetValueOrDefault(name)?.MedianMs ?? double.NaN;
}
