namespace Kansformers.Inspection;

/// <summary>
/// The edges and nodes between two levels of a <see cref="KanNetwork"/>. Edge (o, i) leads from input i into subnode o: its curve is
/// mask · (base scale · base(x) + spline scale · Σ coefficient · B(x)), a formula may be added to it. A subnode is the sum of its edges, scaled and shifted; a node is a
/// subnode or the product of some, scaled and shifted too.
/// </summary>
public sealed class KanNetworkLayer
{
    private readonly EdgeFunction?[] _functions;
    private KnotTable[]? _tables;

    internal KanNetworkLayer(int inputs, KanWidth width, int gridSize, int order)
    {
        (Inputs, Width, GridSize, Order) = (inputs, width, gridSize, order);
        int edges = inputs * Subnodes;
        Knots = new double[inputs * KnotCount];
        Coefficients = new double[edges * Functions];
        (Mask, BaseScale, SplineScale) = (new double[edges], new double[edges], new double[edges]);
        (FormulaMask, FormulaNumbers, _functions) = (new double[edges], new double[edges * 4], new EdgeFunction?[edges]);
        (SubnodeScale, SubnodeBias) = (new double[Subnodes], new double[Subnodes]);
        (NodeScale, NodeBias) = (new double[width.Nodes], new double[width.Nodes]);
        Mask.AsSpan().Fill(1);
        SubnodeScale.AsSpan().Fill(1);
        NodeScale.AsSpan().Fill(1);
    }

    /// <summary>The nodes that edges come from.</summary>
    public int Inputs { get; }

    /// <summary>The nodes that the layer computes.</summary>
    public KanWidth Width { get; }

    /// <summary>The sums that edges lead into.</summary>
    public int Subnodes => Width.Subnodes;

    /// <summary>The nodes.</summary>
    public int Nodes => Width.Nodes;

    /// <summary>The intervals of each input's grid.</summary>
    public int GridSize { get; }

    /// <summary>The splines' order, k.</summary>
    public int Order { get; }

    /// <summary>The coefficients of an edge: grid size + k.</summary>
    public int Functions => GridSize + Order;

    /// <summary>The edges that count: whose mask or formula mask is not zero.</summary>
    public int LiveEdges => Enumerable.Range(0, Mask.Length).Count(edge => Mask[edge] != 0 || FormulaMask[edge] != 0);

    // Arrays as pykan orders them, (in, out, ...), formulas too; each edge has one index everywhere: in · subnodes + out.
    internal double[] Knots { get; }

    internal double[] Coefficients { get; }

    internal double[] Mask { get; }

    internal double[] BaseScale { get; }

    internal double[] SplineScale { get; }

    internal double[] FormulaMask { get; }

    /// <summary>a, b, c, d of each edge.</summary>
    internal double[] FormulaNumbers { get; }

    internal double[] SubnodeScale { get; }

    internal double[] SubnodeBias { get; }

    internal double[] NodeScale { get; }

    internal double[] NodeBias { get; }

    internal int KnotCount => GridSize + 2 * Order + 1;

    internal bool HasFormulas => Array.Exists(FormulaMask, mask => mask != 0);

    /// <summary>What evaluates each input's splines; made once for a grid (<see cref="SetKnots"/>).</summary>
    internal IReadOnlyList<KnotTable> Tables => _tables ??= [.. Enumerable.Range(0, Inputs).Select(input => new KnotTable(KnotsOf(input), Order))];

    /// <summary>The knots of an input's grid, k on either side among them, ascending.</summary>
    /// <param name="input">The input.</param>
    public ReadOnlySpan<double> KnotsOf(int input) => Knots.AsSpan(Checked(input, Inputs) * KnotCount, KnotCount);

    /// <summary>The coefficients of an edge's spline.</summary>
    /// <param name="output">The subnode that it leads into.</param>
    /// <param name="input">The input that it comes from.</param>
    public ReadOnlySpan<double> CoefficientsOf(int output, int input) => Coefficients.AsSpan(Edge(output, input) * Functions, Functions);

    /// <summary>Whether an edge counts: its curve, its formula, or both.</summary>
    /// <param name="output">The subnode that it leads into.</param>
    /// <param name="input">The input that it comes from.</param>
    public bool IsLive(int output, int input) => Mask[Edge(output, input)] != 0 || FormulaMask[Edge(output, input)] != 0;

    /// <summary>The formula on an edge; null where its curve stands.</summary>
    /// <param name="output">The subnode that it leads into.</param>
    /// <param name="input">The input that it comes from.</param>
    public EdgeFormula? FormulaOf(int output, int input)
    {
        int edge = Edge(output, input);
        return FormulaMask[edge] != 0 && _functions[edge] is EdgeFunction function
            ? new EdgeFormula(function, FormulaNumbers[edge * 4], FormulaNumbers[edge * 4 + 1], FormulaNumbers[edge * 4 + 2], FormulaNumbers[edge * 4 + 3]) : null;
    }

    /// <summary>Puts a formula on an edge instead of its curve.</summary>
    /// <param name="output">The subnode that it leads into.</param>
    /// <param name="input">The input that it comes from.</param>
    /// <param name="formula">The formula; null brings the curve back.</param>
    public void SetFormula(int output, int input, EdgeFormula? formula)
    {
        int edge = Edge(output, input);
        (Mask[edge], FormulaMask[edge]) = formula is null ? (1, 0) : (0, 1);
        _functions[edge] = formula?.Function ?? _functions[edge];
        if (formula is not null)
            ((ReadOnlySpan<double>)[formula.A, formula.B, formula.C, formula.D]).CopyTo(FormulaNumbers.AsSpan(edge * 4, 4));
    }

    /// <summary>Takes an edge away, curve and formula.</summary>
    /// <param name="output">The subnode that it leads into.</param>
    /// <param name="input">The input that it comes from.</param>
    public void RemoveEdge(int output, int input)
    {
        int edge = Edge(output, input);
        (Mask[edge], FormulaMask[edge]) = (0, 0);
    }

    /// <summary>The index of an edge in all arrays.</summary>
    internal int Edge(int output, int input) => Checked(input, Inputs) * Subnodes + Checked(output, Subnodes);

    internal EdgeFunction? Function(int edge) => _functions[edge];

    internal void SetFunction(int edge, EdgeFunction? function) => _functions[edge] = function;

    internal void SetKnots(int input, ReadOnlySpan<double> knots)
    {
        knots.CopyTo(Knots.AsSpan(input * KnotCount, KnotCount));
        _tables = null;
    }

    /// <summary>Every array of numbers, in one order.</summary>
    internal IReadOnlyList<double[]> Arrays =>
        [Knots, Coefficients, Mask, BaseScale, SplineScale, FormulaMask, FormulaNumbers, SubnodeScale, SubnodeBias, NodeScale, NodeBias];

    internal KanNetworkLayer Clone()
    {
        KanNetworkLayer copy = new(Inputs, Width, GridSize, Order);
        copy.CopyFrom(this);
        return copy;
    }

    /// <summary>Takes all of another layer of the same shape.</summary>
    internal void CopyFrom(KanNetworkLayer other)
    {
        foreach ((double[] to, double[] from) in Arrays.Zip(other.Arrays))
            from.CopyTo(to, 0);
        other._functions.CopyTo(_functions, 0);
        _tables = null;
    }

    /// <summary>The edges between some inputs and some subnodes, for a layer with other nodes.</summary>
    internal KanNetworkLayer Subset(IReadOnlyList<int> inputs, IReadOnlyList<int> nodes)
    {
        KanWidth width = new(nodes.Count(node => node < Width.Additions), [.. nodes.Where(node => node >= Width.Additions).Select(node => Width.Arities[node - Width.Additions])]);
        KanNetworkLayer subset = new(inputs.Count, width, GridSize, Order);
        int[] subnodes = [.. nodes.SelectMany(node => Enumerable.Range(Width.FirstSubnode(node), Width.SubnodesOf(node)))];
        for (int input = 0; input < inputs.Count; input++)
        {
            subset.SetKnots(input, KnotsOf(inputs[input]));
            for (int output = 0; output < subnodes.Length; output++)
                subset.TakeEdge(subset.Edge(output, input), this, Edge(subnodes[output], inputs[input]));
        }

        for (int output = 0; output < subnodes.Length; output++)
            (subset.SubnodeScale[output], subset.SubnodeBias[output]) = (SubnodeScale[subnodes[output]], SubnodeBias[subnodes[output]]);
        for (int node = 0; node < nodes.Count; node++)
            (subset.NodeScale[node], subset.NodeBias[node]) = (NodeScale[nodes[node]], NodeBias[nodes[node]]);
        return subset;
    }

    /// <summary>A layer of another grid size with everything but grids and coefficients.</summary>
    internal KanNetworkLayer WithGridSize(int gridSize)
    {
        KanNetworkLayer other = new(Inputs, Width, gridSize, Order);
        foreach ((double[] to, double[] from) in other.Arrays.Zip(Arrays).Skip(2))
            from.CopyTo(to, 0);
        _functions.CopyTo(other._functions, 0);
        return other;
    }

    private void TakeEdge(int edge, KanNetworkLayer from, int fromEdge)
    {
        from.Coefficients.AsSpan(fromEdge * Functions, Functions).CopyTo(Coefficients.AsSpan(edge * Functions));
        from.FormulaNumbers.AsSpan(fromEdge * 4, 4).CopyTo(FormulaNumbers.AsSpan(edge * 4));
        (Mask[edge], BaseScale[edge], SplineScale[edge], FormulaMask[edge]) = (from.Mask[fromEdge], from.BaseScale[fromEdge], from.SplineScale[fromEdge], from.FormulaMask[fromEdge]);
        _functions[edge] = from._functions[fromEdge];
    }

    private static int Checked(int index, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, count);
        return index;
    }
}
