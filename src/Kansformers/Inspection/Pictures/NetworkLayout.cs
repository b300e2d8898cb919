namespace Kansformers.Inspection;

/// <summary>An edge's panel in the picture of a network.</summary>
/// <param name="Layer">The edge's layer.</param>
/// <param name="Output">The subnode that it leads into.</param>
/// <param name="Input">The node that it comes from.</param>
internal sealed record EdgePlace(int Layer, int Output, int Input)
{
    /// <summary>The left upper corner.</summary>
    public double X { get; init; }

    public double Y { get; init; }

    /// <summary>Its row in the layer, the lowest one 0.</summary>
    public int Row { get; init; }
}

/// <summary>
/// Where the parts of a network stand in its picture: levels from bottom to top, between two levels the panels of the edges, those of one input side by side over it. Where
/// they would be too wide they stand in several rows, and lines pass between them.
/// </summary>
internal sealed class NetworkLayout
{
    public const double Margin = 32, Head = 112, LineGap = 3;
    private const double Widest = 1640, FanIn = 46, FanOut = 64, RowGap = 16, BlockGap = 14, NodeRoom = 56, Names = 46, FactorRoom = 30;
    private const int MostRows = 9;

    private readonly KanNetwork _network;
    private readonly double[] _levels;
    private readonly double[][] _nodes;
    private readonly int[] _rows;

    public NetworkLayout(KanNetwork network)
    {
        _network = network;
        int count = network.Layers.Count;
        (_levels, _nodes, _rows) = (new double[count + 1], new double[count + 1][], new int[count]);
        Panel = Enumerable.Range(0, count).All(layer => WidthOf(layer, 1, (64, 46)) <= 1100) ? (64, 46) : (46, 34);
        for (int layer = 0; layer < count; layer++)
            _rows[layer] = Enumerable.Range(1, MostRows).FirstOrDefault(rows => WidthOf(layer, rows, Panel) <= Widest, MostRows);
        double inner = Math.Max(560, Enumerable.Range(0, count).Max(layer => WidthOf(layer, _rows[layer], Panel)));
        inner = Math.Max(inner, network.Outputs * (double)NodeRoom);
        (Width, Height) = (inner + 2 * Margin, Head + Names * 2 + Enumerable.Range(0, count).Sum(Tall));
        double y = Height - Names;
        for (int layer = 0; layer < count; layer++)
        {
            _levels[layer] = y;
            Place(layer, inner);
            y -= Tall(layer);
        }

        _levels[count] = y;
        _nodes[count] = [.. Enumerable.Range(0, network.Outputs).Select(node => Margin + (node + 0.5) / network.Outputs * inner)];
    }

    public double Width { get; }

    public double Height { get; }

    /// <summary>How large a panel is.</summary>
    public (double Width, double Height) Panel { get; }

    public List<EdgePlace> Edges { get; } = [];

    /// <summary>How much room a node of a level has from side to side.</summary>
    public double Room(int level) => _nodes[level].Length < 2 ? Width - 2 * Margin : _nodes[level].Zip(_nodes[level].Skip(1), (left, right) => right - left).Min();

    /// <summary>The middle of a node.</summary>
    public (double X, double Y) Node(int level, int node) => (_nodes[level][node], _levels[level]);

    /// <summary>Where edges into a sum end: at the node, or at the factor below it.</summary>
    public (double X, double Y) Subnode(int layer, int subnode)
    {
        (int node, int factor, int factors) = Of(_network.Layers[layer].Width, subnode);
        (double x, double y) = Node(layer + 1, node);
        return factors == 1 ? (x, y) : (x + (factor - (factors - 1) / 2.0) * 18, y + FactorRoom);
    }

    /// <summary>A line from the node below to the panel, and from there to the sum.</summary>
    public string Line(EdgePlace edge)
    {
        (double fromX, double fromY) = Node(edge.Layer, edge.Input);
        (double toX, double toY) = Subnode(edge.Layer, edge.Output);
        int rows = _rows[edge.Layer];
        double middle = edge.X + Panel.Width / 2, bottom = _levels[edge.Layer] - FanIn, top = bottom - rows * (Panel.Height + RowGap) + RowGap, half = edge.Y + Panel.Height / 2;
        double left = edge.X - LineGap * edge.Row, right = edge.X + Panel.Width + LineGap * (rows - 1 - edge.Row);
        string below = edge.Row == 0 ? Curve(fromX, fromY, middle, edge.Y + Panel.Height) : Curve(fromX, fromY, left, bottom) + FormattableString.Invariant($"V{half:0.#}H{edge.X:0.#}");
        return below + (edge.Row == rows - 1 ? Curve(middle, edge.Y, toX, toY) : FormattableString.Invariant($"M{edge.X + Panel.Width:0.#} {half:0.#}H{right:0.#}V{top:0.#}") + Curve(right, top, toX, toY));
    }

    /// <summary>A subnode's node, which of its factors it is, and how many there are.</summary>
    public static (int Node, int Factor, int Factors) Of(KanWidth width, int subnode)
    {
        int node = 0;
        while (width.FirstSubnode(node) + width.SubnodesOf(node) <= subnode)
            node++;
        return (node, subnode - width.FirstSubnode(node), width.SubnodesOf(node));
    }

    private static string Curve(double fromX, double fromY, double toX, double toY)
    {
        double half = (fromY + toY) / 2;
        return FormattableString.Invariant($"M{fromX:0.#} {fromY:0.#}C{fromX:0.#} {half:0.#} {toX:0.#} {half:0.#} {toX:0.#} {toY:0.#}");
    }

    private void Place(int layer, double inner)
    {
        KanNetworkLayer shape = _network.Layers[layer];
        int rows = _rows[layer];
        double step = Step(rows, Panel), gap = (inner - WidthOf(layer, rows, Panel)) / shape.Inputs, x = Margin + gap / 2, bottom = _levels[layer] - FanIn - Panel.Height;
        _nodes[layer] = new double[shape.Inputs];
        for (int input = 0; input < shape.Inputs; input++)
        {
            int[] outputs = Live(shape, input);
            double block = Block(outputs.Length, rows, Panel), wide = (outputs.Length + rows - 1) / rows * step;
            _nodes[layer][input] = x + block / 2;
            for (int at = 0; at < outputs.Length; at++)
            {
                int row = at % rows;
                Edges.Add(new EdgePlace(layer, outputs[at], input) { Row = row, X = x + (block - wide) / 2 + at / rows * step + (step - Panel.Width) / 2, Y = bottom - row * (Panel.Height + RowGap) });
            }

            x += block + BlockGap + gap;
        }
    }

    // The more edges cross above the panels, the more room they have for it.
    private double Tall(int layer)
    {
        KanNetworkLayer shape = _network.Layers[layer];
        return FanIn + _rows[layer] * (Panel.Height + RowGap) - RowGap + FanOut + (shape.Width.Arities.Count > 0 ? FactorRoom : 0) + Math.Min(60, shape.LiveEdges / 2.0);
    }

    private double WidthOf(int layer, int rows, (double, double) panel)
    {
        KanNetworkLayer shape = _network.Layers[layer];
        return Enumerable.Range(0, shape.Inputs).Sum(input => Block(Live(shape, input).Length, rows, panel) + BlockGap) - BlockGap;
    }

    private static double Block(int edges, int rows, (double, double) panel) => Math.Max(NodeRoom, (edges + rows - 1) / rows * Step(rows, panel));

    private static double Step(int rows, (double Width, double) panel) => panel.Width + 10 + 2 * LineGap * (rows - 1);

    private static int[] Live(KanNetworkLayer layer, int input) => [.. Enumerable.Range(0, layer.Subnodes).Where(output => layer.IsLive(output, input))];
}
