namespace Kansformers.Inspection;

/// <summary>
/// Scores handed down from nodes to what they are made of (pykan's attribution): a subnode has the score of its node; an edge has its subnode's, times the deviation of
/// what it brings over the deviation of the sum; a node below has the sum of its edges'. Rows are followed side by side, one for each node that the chain starts from.
/// </summary>
internal sealed class ScoreChain
{
    private const double Least = 1e-4; // a sum that never changes divides nothing

    private readonly IReadOnlyList<LayerPass> _layers;
    private readonly int _top;

    /// <param name="layers">Layers that have run.</param>
    /// <param name="top">The level whose nodes it starts from; the outputs' is the number of layers.</param>
    /// <param name="start">(rows, nodes of that level).</param>
    public ScoreChain(IReadOnlyList<LayerPass> layers, int top, double[,] start)
    {
        (_layers, _top) = (layers, top);
        Nodes = new double[top + 1][,];
        Subnodes = new double[top][,];
        Nodes[top] = start;
        for (int layer = top - 1; layer >= 0; layer--)
        {
            KanNetworkLayer shape = layers[layer].Layer;
            double[,] subnodes = Subnodes[layer] = new double[Rows, shape.Subnodes], below = Nodes[layer] = new double[Rows, shape.Inputs];
            ForSubnodes(shape, (node, subnode) =>
            {
                for (int row = 0; row < Rows; row++)
                    subnodes[row, subnode] = Nodes[layer + 1][row, node];
            });
            ForEdges(shape, (output, input) =>
            {
                double share = Share(layer, output, input);
                for (int row = 0; row < Rows; row++)
                    below[row, input] += subnodes[row, output] * share;
            });
        }
    }

    public int Rows => Nodes[_top].GetLength(0);

    /// <summary>By level, (rows, nodes).</summary>
    public double[][,] Nodes { get; }

    /// <summary>By layer, (rows, subnodes).</summary>
    public double[][,] Subnodes { get; }

    /// <summary>The mean over the rows of a level's scores.</summary>
    public static double[] Mean(double[,] scores)
    {
        double[] mean = new double[scores.GetLength(1)];
        for (int column = 0; column < mean.Length; column++)
        {
            for (int row = 0; row < scores.GetLength(0); row++)
                mean[column] += scores[row, column];
            mean[column] /= scores.GetLength(0);
        }

        return mean;
    }

    /// <summary>The scores of a layer's edges, (subnodes, inputs), mean over the rows.</summary>
    public double[,] Edges(int layer)
    {
        KanNetworkLayer shape = _layers[layer].Layer;
        double[] subnodes = Mean(Subnodes[layer]);
        double[,] scores = new double[shape.Subnodes, shape.Inputs];
        ForEdges(shape, (output, input) => scores[output, input] = subnodes[output] * Share(layer, output, input));
        return scores;
    }

    /// <summary>Carries gradients of scores back to the deviations that they come from.</summary>
    /// <param name="ofNodes">By level, as <see cref="Nodes"/>; null where a level's scores are not asked for. Those of the top level are added to.</param>
    /// <param name="ofEdges">By layer, as <see cref="Edges"/>; null where none is.</param>
    /// <param name="deviations">A layer each, added to.</param>
    /// <param name="holdsSums">Whether the sums' deviations count as constants, as pykan has it.</param>
    public void Backward(double[,]?[] ofNodes, double[,]?[] ofEdges, IReadOnlyList<DeviationGradients> deviations, bool holdsSums)
    {
        for (int layer = 0; layer < _top; layer++)
        {
            KanNetworkLayer shape = _layers[layer].Layer;
            double[,] ofSubnodes = new double[Rows, shape.Subnodes];
            ForEdges(shape, (output, input) =>
            {
                double share = Share(layer, output, input), ofShare = 0, ofEdge = (ofEdges[layer]?[output, input] ?? 0) / Rows;
                for (int row = 0; row < Rows; row++)
                {
                    double of = ofEdge + (ofNodes[layer]?[row, input] ?? 0);
                    ofSubnodes[row, output] += of * share;
                    ofShare += of * Subnodes[layer][row, output];
                }

                double sum = _layers[layer].SumMoments[output].Deviation + Least;
                deviations[layer].Edges[shape.Edge(output, input)] += ofShare / sum;
                if (!holdsSums)
                    deviations[layer].Sums[output] -= ofShare * share / sum;
            });
            double[,] above = ofNodes[layer + 1] ??= new double[Rows, shape.Nodes];
            ForSubnodes(shape, (node, subnode) =>
            {
                for (int row = 0; row < Rows; row++)
                    above[row, node] += ofSubnodes[row, subnode];
            });
        }
    }

    // The deviation of what an edge brings, over that of the sum.
    private double Share(int layer, int output, int input)
    {
        LayerPass pass = _layers[layer];
        return pass.EdgeMoments[pass.Layer.Edge(output, input)].Deviation / (pass.SumMoments[output].Deviation + Least);
    }

    private static void ForEdges(KanNetworkLayer layer, Action<int, int> work)
    {
        for (int output = 0; output < layer.Subnodes; output++)
        {
            for (int input = 0; input < layer.Inputs; input++)
                work(output, input);
        }
    }

    private static void ForSubnodes(KanNetworkLayer layer, Action<int, int> work)
    {
        for (int node = 0, subnode = 0; node < layer.Nodes; node++)
        {
            for (int factor = 0; factor < layer.Width.SubnodesOf(node); factor++)
                work(node, subnode++);
        }
    }
}
