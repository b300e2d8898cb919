using Kansformers.Pictures;

namespace Kansformers.Inspection;

/// <summary>
/// Draws a <see cref="KanNetwork"/> as pykan's <c>plot</c> does: inputs at the bottom, outputs at the top, every edge that counts a line with its curve in a panel on it, the
/// darker the more of the outputs comes through it. Formulas are orange; pruned edges are left out. A pointer that rests on a panel is told edge, score and formula.
/// </summary>
public static class NetworkPicture
{
    /// <summary>The most edges of a picture.</summary>
    public const int Most = 1000;

    private const int Points = 61;
    private const double Faintest = 0.1, NodeSize = 9;

    /// <summary>The picture as SVG.</summary>
    /// <param name="network">The network.</param>
    /// <param name="samples">(rows, <see cref="KanNetwork.DataColumns"/>), what enters the network, on which its edges have their scores; null for curves over their grids and edges that are all as dark.</param>
    /// <param name="options">What is shown; null for the usual.</param>
    /// <exception cref="KansformersException">An option is invalid, there are no or too many edges, or there are no samples in the table.</exception>
    /// <exception cref="ArgumentException">The samples have another number of columns.</exception>
    public static string Svg(KanNetwork network, Samples? samples, NetworkPictureOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        NetworkPictureOptions wanted = options ?? new NetworkPictureOptions();
        wanted.Validate();
        int edges = network.Layers.Sum(layer => layer.LiveEdges);
        if (edges is 0 or > Most)
            throw new KansformersException(edges == 0 ? "all edges of the network are pruned; nothing is left to draw" : $"the network has {edges} edges, and {Most} are the most of a picture; prune it first, or draw one layer");
        NetworkView view = new(network, samples);
        NetworkLayout layout = new(network);
        string title = wanted.Title ?? Title(view);
        SvgDocument svg = new SvgDocument().Begin(layout.Width, layout.Height, title);
        svg.Text(NetworkLayout.Margin, 34, PictureStyle.Shorten(title, (int)(layout.Width / 11)), $"font-size=\"18\" font-weight=\"600\" fill=\"{PictureStyle.Ink}\"");
        svg.Text(NetworkLayout.Margin, 56, network.ToString(), $"font-size=\"12.5\" fill=\"{PictureStyle.Faded}\"");
        svg.Text(NetworkLayout.Margin, 74, samples is null ? "no samples: curves over their grids, all edges as dark" : FormattableString.Invariant($"the darker, the more of the outputs comes through: tanh({wanted.Beta:0.##} · score), on {samples.Rows} rows"), $"font-size=\"12.5\" fill=\"{PictureStyle.Faded}\"");
        PaintLegend(svg, network);

        // Strong edges over weak ones, panels over lines, nodes over all.
        (EdgePlace Place, double Dark)[] order = [.. layout.Edges.Select(edge => (edge, Dark(view, edge, wanted.Beta))).OrderBy(edge => edge.Item2)];
        foreach ((EdgePlace place, double dark) in order)
            svg.Add($"<path d=\"{layout.Line(place)}\" fill=\"none\" stroke=\"{Colour(network, place)}\" stroke-width=\"{1 + dark:0.#}\" stroke-opacity=\"{dark:0.###}\"/>");
        for (int layer = 0; layer < network.Layers.Count; layer++)
        {
            LayerCurves curves = view.Curves(layer, input => view.Entering(layer, input) ?? view.Grid(layer, input), Points);
            foreach ((EdgePlace place, double dark) in order.Where(edge => edge.Place.Layer == layer))
                PaintPanel(svg, (view, layout), (place, dark), curves);
        }

        PaintNodes(svg, view, layout);
        return svg.End();
    }

    private static string Title(NetworkView view)
    {
        KanNetwork network = view.Network;
        string outputs = network.Source?.Target ?? string.Join(", ", Enumerable.Range(0, network.Outputs).Select(node => view.Node(network.Layers.Count, node)));
        return $"{outputs} from {string.Join(", ", Enumerable.Range(0, network.InputColumns.Count).Select(node => view.Node(0, node)))}";
    }

    private static double Dark(NetworkView view, EdgePlace edge, double beta) => view.Score(edge.Layer, edge.Output, edge.Input) is double score ? Math.Max(Faintest, Math.Tanh(beta * score)) : 0.8;

    private static string Colour(KanNetwork network, EdgePlace edge) => network.Layers[edge.Layer].FormulaOf(edge.Output, edge.Input) is null ? PictureStyle.Ink : PictureStyle.Orange;

    private static void PaintLegend(SvgDocument svg, KanNetwork network)
    {
        double x = NetworkLayout.Margin;
        KanNetworkLayer[] layers = [.. network.Layers];
        if (layers.Any(layer => Enumerable.Range(0, layer.Inputs * layer.Subnodes).Any(edge => Has(layer, edge, formula: false))))
            Entry("curve", () => svg.Add($"<path d=\"M{x:0.#} 94h16\" stroke=\"{PictureStyle.Ink}\" stroke-width=\"1.8\"/>"));
        if (layers.Any(layer => Enumerable.Range(0, layer.Inputs * layer.Subnodes).Any(edge => Has(layer, edge, formula: true))))
            Entry("formula", () => svg.Add($"<path d=\"M{x:0.#} 94h16\" stroke=\"{PictureStyle.Orange}\" stroke-width=\"1.8\"/>"));
        Entry("sum", () => PaintMark(svg, x + 8, 94, isProduct: false, 7));
        if (layers.Any(layer => layer.Width.Arities.Count > 0))
            Entry("product", () => PaintMark(svg, x + 8, 94, isProduct: true, 7));

        void Entry(string name, Action mark)
        {
            mark();
            svg.Text(x + 24, 98, name, $"font-size=\"12.5\" fill=\"{PictureStyle.Ink}\"");
            x += 46 + 7 * name.Length;
        }
    }

    private static bool Has(KanNetworkLayer layer, int edge, bool formula)
    {
        (int output, int input) = (edge % layer.Subnodes, edge / layer.Subnodes);
        return layer.IsLive(output, input) && layer.FormulaOf(output, input) is not null == formula;
    }

    private static void PaintPanel(SvgDocument svg, (NetworkView View, NetworkLayout Layout) of, (EdgePlace Place, double Dark) edge, LayerCurves curves)
    {
        (EdgePlace place, double dark) = edge;
        (double width, double height) = of.Layout.Panel;
        double[] x = curves.X(place.Input), values = curves.Of(place.Output, place.Input);
        (double low, double high) = CurvePanel.Range([values]);
        double span = Math.Max(high - low, 1e-9 * Math.Max(1, Math.Abs(high)));
        EdgeFormula? formula = of.View.Network.Layers[place.Layer].FormulaOf(place.Output, place.Input);
        string colour = Colour(of.View.Network, place), what = formula is null ? "" : ", " + formula.Express(new Variable("x")).Round(6).Simplify().ToText();
        string score = of.View.Score(place.Layer, place.Output, place.Input) is double known ? $", score {PictureStyle.Number(known)}" : "";
        svg.Add($"<g data-edge=\"{place.Layer},{place.Input},{place.Output}\"><title>{SvgDocument.Escape(FormattableString.Invariant($"{of.View.Edge(place.Layer, place.Output, place.Input)}, edge {place.Layer},{place.Input},{place.Output}{score}{what}"))}</title>");
        svg.Add($"<rect x=\"{place.X:0.#}\" y=\"{place.Y:0.#}\" width=\"{width:0}\" height=\"{height:0}\" rx=\"3\" fill=\"#ffffff\" stroke=\"{colour}\" stroke-opacity=\"{Math.Max(0.18, dark):0.###}\"/>");
        string data = CurvePanel.Gapped(x.Zip(values, (across, value) => (place.X + 3 + (across - x[0]) / (x[^1] - x[0]) * (width - 6), place.Y + height / 2 - (value - (low + high) / 2) / span * (height - 8))));
        svg.Add($"<path d=\"{data}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\" stroke-opacity=\"{Math.Max(0.35, dark):0.###}\" stroke-linejoin=\"round\"/>");
        if (formula is not null)
            svg.Text(place.X, place.Y - 3.5, PictureStyle.Shorten(formula.Function.Name, (int)(width / 5.2)), $"font-size=\"9.5\" fill=\"{PictureStyle.Orange}\"");
        svg.Add($"</g>");
    }

    private static void PaintNodes(SvgDocument svg, NetworkView view, NetworkLayout layout)
    {
        KanNetwork network = view.Network;
        for (int level = 0; level <= network.Layers.Count; level++)
        {
            KanWidth? sums = level == 0 ? null : network.Layers[level - 1].Width;
            int most = (int)(layout.Room(level) / 7.4);
            for (int node = 0; node < (sums?.Nodes ?? network.InputColumns.Count); node++)
            {
                (double x, double y) = layout.Node(level, node);
                bool isProduct = node >= (sums?.Additions ?? int.MaxValue);
                svg.Add($"<g data-node=\"{level},{node}\"><title>{SvgDocument.Escape(level == 0 ? view.Node(level, node) : $"{view.Node(level, node)}, {(isProduct ? "product" : "sum")}")}</title>");
                if (isProduct)
                    PaintFactors(svg, layout, (level, node), sums!);
                if (sums is null)
                    svg.Add($"<circle cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"5.5\" fill=\"{PictureStyle.Ink}\"/>");
                else
                    PaintMark(svg, x, y, isProduct, NodeSize);
                if (level == 0 || level == network.Layers.Count)
                    svg.Text(x, level == 0 ? y + 24 : y - 18, PictureStyle.Shorten(view.Node(level, node), Math.Max(3, most)), $"font-size=\"13.5\" font-weight=\"600\" text-anchor=\"middle\" fill=\"{PictureStyle.Ink}\"");
                svg.Add($"</g>");
            }
        }
    }

    private static void PaintFactors(SvgDocument svg, NetworkLayout layout, (int Level, int Node) of, KanWidth width)
    {
        (double x, double y) = layout.Node(of.Level, of.Node);
        for (int factor = 0; factor < width.SubnodesOf(of.Node); factor++)
        {
            (double fromX, double fromY) = layout.Subnode(of.Level - 1, width.FirstSubnode(of.Node) + factor);
            svg.Add($"<path d=\"M{fromX:0.#} {fromY:0.#}L{x:0.#} {y:0.#}\" stroke=\"{PictureStyle.Ink}\" stroke-width=\"1.6\"/><circle cx=\"{fromX:0.#}\" cy=\"{fromY:0.#}\" r=\"3.5\" fill=\"{PictureStyle.Ink}\"/>");
        }
    }

    // A circle with a plus, a diamond with a cross: told apart without colours and without fonts.
    private static void PaintMark(SvgDocument svg, double x, double y, bool isProduct, double size)
    {
        double arm = size * 0.5, corner = size * 1.25, cross = size * 0.4;
        if (isProduct)
            svg.Add($"<path d=\"M{x:0.#} {y - corner:0.#}L{x + corner:0.#} {y:0.#}L{x:0.#} {y + corner:0.#}L{x - corner:0.#} {y:0.#}Z\" fill=\"#dbeafe\" stroke=\"{PictureStyle.Ink}\" stroke-width=\"1.4\"/><path d=\"M{x - cross:0.#} {y - cross:0.#}L{x + cross:0.#} {y + cross:0.#}M{x + cross:0.#} {y - cross:0.#}L{x - cross:0.#} {y + cross:0.#}\" stroke=\"{PictureStyle.Ink}\" stroke-width=\"1.6\"/>");
        else
            svg.Add($"<circle cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"{size:0.#}\" fill=\"#ffffff\" stroke=\"{PictureStyle.Ink}\" stroke-width=\"1.4\"/><path d=\"M{x - arm:0.#} {y:0.#}H{x + arm:0.#}M{x:0.#} {y - arm:0.#}V{y + arm:0.#}\" stroke=\"{PictureStyle.Ink}\" stroke-width=\"1.6\"/>");
    }
}
