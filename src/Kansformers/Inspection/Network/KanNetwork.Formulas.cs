namespace Kansformers.Inspection;

// The network as formulas.
public sealed partial class KanNetwork
{
    /// <summary>Suggests functions for an edge's curve, from what enters and leaves it.</summary>
    /// <param name="trace">The network's pass over some samples.</param>
    /// <param name="edge">The layer, the subnode that the edge leads into, and the node that it comes from.</param>
    /// <param name="options">Which functions, and how they are weighed; null for the usual ones.</param>
    public static IReadOnlyList<EdgeFit> Suggest(KanTrace trace, (int Layer, int Output, int Input) edge, CurveFitOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(trace);
        return CurveFit.Suggest(trace.Nodes(edge.Layer).Column(edge.Input), trace.Edge(edge.Layer, edge.Output, edge.Input), options);
    }

    /// <summary>One formula for each output, in the table's own units; all edges that count must have formulas.</summary>
    /// <param name="variables">The names of the <see cref="DataColumns"/> columns; null for those of <see cref="InputScaling"/>, or x1, x2, ...</param>
    /// <exception cref="KansformersException">An edge has a curve; the message names it.</exception>
    public IReadOnlyList<Formula> ToFormulas(IReadOnlyList<string>? variables = null)
    {
        variables ??= InputScaling.Count > 0 ? [.. InputScaling.Select(scaling => scaling.Name)] : [.. Enumerable.Range(1, DataColumns).Select(number => "x" + number)];
        FormulaLayer[] layers = [.. Layers.Select(Layer)];
        return Formula.Of(layers, variables, Scales(InputScaling), Scales(TargetScaling));

        // The first layer's inputs are some of the table's columns.
        FormulaLayer Layer(KanNetworkLayer layer, int at) => new([.. Enumerable.Range(0, layer.Nodes).Select(node => new FormulaNode(
            [.. Enumerable.Range(layer.Width.FirstSubnode(node), layer.Width.SubnodesOf(node)).Select(subnode => new FormulaSubnode(Edges(layer, at, subnode), layer.SubnodeScale[subnode], layer.SubnodeBias[subnode]))],
            layer.NodeScale[node], layer.NodeBias[node]))]);

        IReadOnlyList<FormulaEdge> Edges(KanNetworkLayer layer, int at, int subnode) => [.. Enumerable.Range(0, layer.Inputs).Where(input => layer.IsLive(subnode, input))
            .Select(input => new FormulaEdge(at == 0 ? InputColumns[input] : input, layer.FormulaOf(subnode, input)
                ?? throw new KansformersException($"the edge from {input} to {subnode} of layer {at} has a curve; put a formula on it, or remove it")))];

        static IReadOnlyList<ColumnScale>? Scales(IReadOnlyList<ColumnScaling> scalings) => scalings.Count == 0 ? null : [.. scalings.Select(scaling => new ColumnScale(scaling.Shift, scaling.Scale))];
    }
}
