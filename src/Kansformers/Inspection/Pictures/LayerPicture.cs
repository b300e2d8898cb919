using Kansformers.Pictures;

namespace Kansformers.Inspection;

/// <summary>
/// Draws the curves of a layer of a <see cref="KanNetwork"/>, a panel for each edge that counts: the curve over its grid, whose ends are dashed lines, and over the histogram of
/// what enters it. Under each panel stand the ends of both axes and the share of the samples outside the grid, where splines are 0. The first layer's axes are in the table's units.
/// </summary>
public static class LayerPicture
{
    /// <summary>The most panels of a picture.</summary>
    public const int Most = 400;

    private const int Points = 121, Bins = 40;
    private const double StepX = 172, StepY = 186, Left = 24, Top = 104;

    /// <summary>The picture as SVG.</summary>
    /// <param name="network">The network.</param>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="samples">(rows, <see cref="KanNetwork.DataColumns"/>), what enters the network; null for curves over their grids alone.</param>
    /// <param name="options">What is shown; null for the usual.</param>
    /// <exception cref="KansformersException">An option is invalid, there is no such layer, it has no or too many edges, or there are no samples in the table.</exception>
    /// <exception cref="ArgumentException">The samples have another number of columns.</exception>
    public static string Svg(KanNetwork network, int layer, Samples? samples, NetworkPictureOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        NetworkPictureOptions wanted = options ?? new NetworkPictureOptions();
        wanted.Validate();
        if (layer < 0 || layer >= network.Layers.Count)
            throw new KansformersException(FormattableString.Invariant($"there is no layer {layer}: the network has {network.Layers.Count}, from 0"));
        KanNetworkLayer shape = network.Layers[layer];
        (int Output, int Input)[] edges = [.. from output in Enumerable.Range(0, shape.Subnodes) from input in Enumerable.Range(0, shape.Inputs) where shape.IsLive(output, input) select (output, input)];
        if (edges.Length is 0 or > Most)
            throw new KansformersException(edges.Length == 0 ? $"all edges of layer {layer} are pruned; nothing is left to draw" : $"layer {layer} has {edges.Length} edges, and {Most} are the most of a picture; prune the network first");
        NetworkView view = new(network, samples);
        bool isMatrix = edges.Length == shape.Inputs * shape.Subnodes && shape.Inputs > 2 && shape.Inputs <= wanted.Columns;
        int columns = isMatrix ? shape.Inputs : Columns(edges.Length, wanted.Columns), rows = (edges.Length + columns - 1) / columns;
        double width = Math.Max(720, 2 * Left + columns * StepX - (StepX - CurvePanel.Width));
        string title = wanted.Title ?? FormattableString.Invariant($"layer {layer} of {network}");
        SvgDocument svg = new SvgDocument().Begin(width, Top + rows * StepY, title);
        svg.Text(Left, 34, title, $"font-size=\"18\" font-weight=\"600\" fill=\"{PictureStyle.Ink}\"");
        svg.Text(Left, 56, FormattableString.Invariant($"{edges.Length} of {shape.Subnodes * shape.Inputs} edges, from node to sum{(samples is null ? "" : ", each with its score")}; dashed lines: the ends of the grid; orange: formulas"), Small);
        svg.Text(Left, 74, samples is null ? "no samples: curves over their grids" : FormattableString.Invariant($"bars: what enters, over {samples.Rows} rows; below: the ends of both axes, and what lies outside the grid"), Small);
        LayerCurves curves = view.Curves(layer, input => Range(view, layer, input), Points);
        for (int at = 0; at < edges.Length; at++)
            Panel(view, layer, edges[at], curves).Paint(svg, (Left + at % columns * StepX, Top + at / columns * StepY));
        return svg.End();
    }

    // Wider than high by about two panels to one, whose own sides are near equal.
    private static int Columns(int panels, int most) => Math.Min(Math.Min(panels, most), Math.Max(3, (int)Math.Ceiling(Math.Sqrt(2.0 * panels))));

    private static string Small => $"font-size=\"12.5\" fill=\"{PictureStyle.Faded}\"";

    private static CurvePanel Panel(NetworkView view, int layer, (int Output, int Input) edge, LayerCurves curves)
    {
        (int output, int input) = edge;
        double[] x = curves.X(input);
        (double low, double high) = view.Grid(layer, input);
        EdgeFormula? formula = view.Network.Layers[layer].FormulaOf(output, input);
        double? outside = view.Trace?.OutsideShare(layer, input);
        string place = FormattableString.Invariant($"edge {layer},{input},{output}");
        string[] notes = [.. ((string?[])[outside switch { null => null, 0 => "none outside the grid", double share => Percent(share) + " outside the grid" }, formula?.Function.Name]).OfType<string>()];
        return new CurvePanel(x, curves.Of(output, input))
        {
            Name = PictureStyle.Shorten(view.Edge(layer, output, input), 17),
            Score = view.Score(layer, output, input) is double score ? PictureStyle.Number(score) : "",
            IsFormula = formula is not null,
            GridEnds = [low, high],
            Histogram = Histogram(view, layer, input, x),
            Ends = (Unit(view, layer, input, x[0]), Unit(view, layer, input, x[^1])),
            Note = notes.Length == 0 ? null : (string.Join("; ", notes), outside > 0),
            Tooltip = $"{view.Edge(layer, output, input)}, {place}{(formula is null ? "" : ": " + formula.Express(new Variable("x")).Round(6).Simplify().ToText())}",
        };
    }

    // The grid, and what enters beyond it, without the rare values far out that would press the rest together.
    private static (double Low, double High) Range(NetworkView view, int layer, int input)
    {
        (double low, double high) = view.Grid(layer, input);
        if (view.Trace is null)
            return (low, high);
        double[] sorted = [.. view.Trace.Nodes(layer).Column(input).ToArray().Where(double.IsFinite).Order()];
        int rare = sorted.Length / 500;
        return sorted.Length == 0 ? (low, high) : (Math.Min(low, sorted[rare]), Math.Max(high, sorted[^(rare + 1)]));
    }

    private static (double From, double To, double Count)[] Histogram(NetworkView view, int layer, int input, double[] x)
    {
        if (view.Trace is null)
            return [];
        double[] counts = new double[Bins];
        double low = x[0], width = (x[^1] - low) / Bins;
        foreach (double value in view.Trace.Nodes(layer).Column(input))
        {
            if (value >= low && value <= x[^1])
                counts[Math.Min(Bins - 1, (int)((value - low) / width))]++;
        }

        return [.. counts.Select((count, bin) => (low + bin * width, low + (bin + 1) * width, count))];
    }

    private static string Unit(NetworkView view, int layer, int input, double value)
    {
        int column = layer == 0 ? view.Network.InputColumns[input] : int.MaxValue;
        return PictureStyle.Number(view.Network.InputScaling.Count > column ? value * view.Network.InputScaling[column].Scale + view.Network.InputScaling[column].Shift : value);
    }

    private static string Percent(double share) => FormattableString.Invariant($"{share * 100:0.##} %");
}
