using System.Globalization;
using Kansformers.Kan;
using Kansformers.Pictures;
using Kansformers.Training;

namespace Kansformers.Inspection;

/// <summary>
/// Draws the functions of a layer that matter most, a panel each, in order: the curve over the histogram of what enters it, between the values that hold 99.8 % of that.
/// Dashed lines are the ends of the grid; under each panel stand the ends of both axes.
/// </summary>
public static class CurvePicture
{
    /// <summary>The most panels of a picture.</summary>
    public const int Most = 96;

    private const int Points = 121;
    private const double PanelWidth = 156, PanelHeight = 104, StepX = 172, StepY = 158, Left = 24, Top = 104;
    private const string Ink = "#1f2933", Faded = "#5b6770", Bars = "#d9e6f2", Frame = "#c3ccd5", Line = "#0b62a4", Dots = "#d9480f";
    private static readonly string[] Earlier = ["#cfd8e0", "#a9c4dc", "#7fa9cd"];

    /// <summary>The picture as SVG.</summary>
    /// <param name="layer">The layer, as it was read.</param>
    /// <param name="options">What is shown; null for the usual.</param>
    /// <exception cref="KansformersException">An option is invalid.</exception>
    public static string Svg(LayerReading layer, CurvePictureOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(layer);
        CurvePictureOptions wanted = options ?? new CurvePictureOptions();
        wanted.Validate();
        IReadOnlyList<FunctionReading> functions = layer.Top(layer.Layer.IsEdge ? wanted.Top : Most, wanted.Ranking);
        int columns = Math.Min(wanted.Columns, Math.Max(4, functions.Count)), rows = (functions.Count + columns - 1) / columns;
        double width = 2 * Left + columns * StepX - (StepX - PanelWidth), height = Top + rows * StepY + 8;
        SvgDocument svg = new();
        string title = wanted.Title ?? layer.Layer.Name;
        svg.Begin(width, height, title);
        svg.Text(Left, 34, title, $"font-size=\"18\" font-weight=\"600\" fill=\"{Ink}\"");
        string[] lines = Subtitle(layer, functions.Count, wanted);
        for (int line = 0; line < lines.Length; line++)
            svg.Text(Left, 56 + 18 * line, lines[line], $"font-size=\"12.5\" fill=\"{Faded}\"");
        for (int i = 0; i < functions.Count; i++)
            Paint(svg, (Left + i % columns * StepX, Top + i / columns * StepY), layer, functions[i], wanted);
        return svg.End();
    }

    private static string[] Subtitle(LayerReading layer, int shown, CurvePictureOptions options)
    {
        string by = layer.Known(options.Ranking) switch
        {
            FunctionRanking.Attribution => "by what the loss would rise without them (millinats a token)",
            FunctionRanking.Magnitude => "by the size of their numbers",
            _ => "by their share of their output's deviation",
        };
        string which = layer.Layer.IsEdge ? string.Create(CultureInfo.InvariantCulture, $"the first {shown} of {layer.Layer.Functions} edges") : shown < layer.Layer.Functions ? $"{shown} of {layer.Layer.Functions} functions" : $"all {shown} functions";
        string bars = $"bars: what enters{(layer.Layer.IsNormed ? ", behind the layer norm" : "")}, over {HumanText.Count(layer.Tokens)} tokens; blue numbers: the ends of the curve{(options.Before.Count > 0 ? "s" : "")}"
            + (options is { Before.Count: > 0, BeforeWords: string words } ? $"; paler: {words}" : "");
        return [$"{layer.Layer.Options.Summary()}: {which}, {by}", bars];
    }

    private static void Paint(SvgDocument svg, (double X, double Y) at, LayerReading layer, FunctionReading function, CurvePictureOptions options)
    {
        InputReading input = layer.Input(function.Place);
        (double low, double high) = Range(input);
        double[] x = [.. Enumerable.Range(0, Points).Select(i => low + (high - low) * i / (Points - 1))];
        double[] now = layer.Layer.Values(function.Place, x);
        List<double[]> before = [.. options.Before.Select(earlier => earlier.Values(function.Place, x))];
        double bottom = before.Append(now).Min(curve => curve.Min()), top = before.Append(now).Max(curve => curve.Max());
        double room = Math.Max((top - bottom) * 0.06, Math.Max(Math.Abs(top), 1e-12) * 1e-6);
        (bottom, top) = (bottom - room, top + room);
        svg.Add($"<g><rect x=\"{at.X:0.#}\" y=\"{at.Y:0.#}\" width=\"{PanelWidth:0}\" height=\"{PanelHeight:0}\" fill=\"#fbfcfd\" stroke=\"{Frame}\"/>");
        PaintBars(svg, at, input.Histogram, low, high);
        foreach (double end in GridEnds(layer.Layer, function.Place).Where(end => end > low && end < high))
            svg.Add($"<path d=\"M{X(end):0.#} {at.Y:0.#}v{PanelHeight:0}\" stroke=\"{Faded}\" stroke-width=\"1\" stroke-dasharray=\"2 3\"/>");
        if (bottom < 0 && top > 0)
            svg.Add($"<path d=\"M{at.X:0.#} {Y(0):0.#}h{PanelWidth:0}\" stroke=\"{Frame}\" stroke-width=\"1\"/>");
        for (int i = 0; i < before.Count; i++)
            svg.Add($"<path d=\"{Path(before[i])}\" fill=\"none\" stroke=\"{Earlier[i * Earlier.Length / before.Count]}\" stroke-width=\"1.4\"/>");
        svg.Add($"<path d=\"{Path(now)}\" fill=\"none\" stroke=\"{Line}\" stroke-width=\"1.9\" stroke-linejoin=\"round\"/>");
        if (options.Formulas.TryGetValue(function.Place, out EdgeFormula? formula))
            svg.Add($"<path d=\"{Path([.. x.Select(formula.Evaluate).Select(value => Math.Clamp(double.IsFinite(value) ? value : 0, bottom, top))])}\" fill=\"none\" stroke=\"{Dots}\" stroke-width=\"2.4\" stroke-linecap=\"round\" stroke-dasharray=\"0.1 6\"/>");
        const string small = "font-size=\"10.5\" fill=\"" + Faded + "\"";
        svg.Text(at.X, at.Y - 6, layer.Layer.ShortName(function.Place), $"font-size=\"11.5\" font-weight=\"600\" fill=\"{Ink}\"");
        svg.Text(at.X + PanelWidth, at.Y - 6, Score(function, layer.Known(options.Ranking)), small + " text-anchor=\"end\"");
        svg.Text(at.X, at.Y + PanelHeight + 13, PictureStyle.Number(low), small);
        svg.Text(at.X + PanelWidth, at.Y + PanelHeight + 13, PictureStyle.Number(high), small + " text-anchor=\"end\"");
        svg.Text(at.X + PanelWidth / 2, at.Y + PanelHeight + 13, $"{Short(bottom + room)} … {Short(top - room)}", $"font-size=\"10.5\" fill=\"{Line}\" text-anchor=\"middle\"");
        svg.Add($"</g>");

        double X(double value) => at.X + (value - low) / (high - low) * PanelWidth;
        double Y(double value) => at.Y + PanelHeight - (value - bottom) / (top - bottom) * PanelHeight;
        string Path(double[] curve) => SvgDocument.Path(x.Zip(curve, (across, value) => (X(across), Y(value))));
    }

    private static void PaintBars(SvgDocument svg, (double X, double Y) at, InputHistogram histogram, double low, double high)
    {
        double most = Math.Max(1, histogram.Counts.Max());
        for (int bin = 0; bin < histogram.Counts.Count; bin++)
        {
            double from = Math.Max(low, histogram.Low + bin * histogram.Width), to = Math.Min(high, histogram.Low + (bin + 1) * histogram.Width);
            if (to <= from || histogram.Counts[bin] == 0)
                continue;
            double tall = histogram.Counts[bin] / most * PanelHeight * 0.6, wide = (to - from) / (high - low) * PanelWidth;
            svg.Add($"<rect x=\"{at.X + (from - low) / (high - low) * PanelWidth:0.##}\" y=\"{at.Y + PanelHeight - tall:0.##}\" width=\"{wide:0.##}\" height=\"{tall:0.##}\" fill=\"{Bars}\"/>");
        }
    }

    // Rare values far out would press the rest together.
    private static (double Low, double High) Range(InputReading input)
    {
        (double low, double high) = input.Histogram.Middle(0.998);
        (low, high) = (Math.Max(low, input.Low), Math.Min(high, input.High));
        return high > low ? (low, high) : (low - 0.5, low + 0.5);
    }

    private static IEnumerable<double> GridEnds(FunctionLayer layer, FunctionPlace place)
    {
        if (layer.Options is not GridOptions || layer.GridOf(place) is not (double low, double high))
            return [];
        return [low, high];
    }

    private static string Score(FunctionReading function, FunctionRanking by) => PictureStyle.Number(function.Score(by) * (by == FunctionRanking.Attribution ? 1000 : 1));

    private static string Short(double value) => value.ToString(Math.Abs(value) is >= 1e-3 and < 1e5 or 0 ? "G2" : "0.#e0", CultureInfo.InvariantCulture);
}
