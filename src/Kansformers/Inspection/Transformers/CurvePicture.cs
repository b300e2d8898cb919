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
    private const double StepX = 172, StepY = 158, Left = 24, Top = 104;

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
        double width = 2 * Left + columns * StepX - (StepX - CurvePanel.Width), height = Top + rows * StepY + 8;
        SvgDocument svg = new();
        string title = wanted.Title ?? layer.Layer.Name;
        svg.Begin(width, height, title);
        svg.Text(Left, 34, title, $"font-size=\"18\" font-weight=\"600\" fill=\"{PictureStyle.Ink}\"");
        string[] lines = Subtitle(layer, functions.Count, wanted);
        for (int line = 0; line < lines.Length; line++)
            svg.Text(Left, 56 + 18 * line, lines[line], $"font-size=\"12.5\" fill=\"{PictureStyle.Faded}\"");
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
        InputHistogram bars = input.Histogram;
        new CurvePanel(x, layer.Layer.Values(function.Place, x))
        {
            Name = layer.Layer.ShortName(function.Place),
            Score = Score(function, layer.Known(options.Ranking)),
            Before = [.. options.Before.Select(earlier => earlier.Values(function.Place, x))],
            Formula = options.Formulas.TryGetValue(function.Place, out EdgeFormula? formula) ? [.. x.Select(formula.Evaluate)] : null,
            GridEnds = [.. GridEnds(layer.Layer, function.Place)],
            Histogram = [.. bars.Counts.Select((count, bin) => (bars.Low + bin * bars.Width, bars.Low + (bin + 1) * bars.Width, (double)count))],
        }.Paint(svg, at);
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
}
