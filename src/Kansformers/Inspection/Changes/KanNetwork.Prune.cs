namespace Kansformers.Inspection;

public sealed partial class KanNetwork
{
    /// <summary>The scores of nodes and edges on some samples.</summary>
    /// <param name="samples">(rows, <see cref="DataColumns"/>).</param>
    /// <exception cref="ArgumentException">The samples have another number of columns.</exception>
    public KanAttribution Attribute(Samples samples) => new(Run(samples));

    /// <summary>
    /// A network without the inner nodes, then without the edges, and then, where that is asked for, without the inputs, whose scores on the samples are not above a threshold.
    /// It remembers this one (<see cref="Before"/>), which stays as it is.
    /// </summary>
    /// <param name="samples">(rows, <see cref="DataColumns"/>).</param>
    /// <param name="nodes">The threshold of nodes.</param>
    /// <param name="edges">The threshold of edges, whose scores are found again when the nodes have gone.</param>
    /// <param name="inputs">The threshold of inputs, whose scores are found again when the edges have gone; null where all stay.</param>
    /// <exception cref="ArgumentException">The samples have another number of columns.</exception>
    public KanNetwork Prune(Samples samples, double nodes = 0.01, double edges = 0.03, double? inputs = null)
    {
        KanNetwork pruned = PruneNodes(samples, nodes);
        pruned.RemoveEdges(samples, edges);
        if (inputs is not double threshold)
            return pruned;
        // One change: what lies between is not remembered.
        KanNetwork fewer = pruned.PruneInputs(samples, threshold);
        return With(fewer.Options, [.. fewer.Layers], [.. fewer.InputColumns]);
    }

    /// <summary>A network without the inner nodes whose scores are not above a threshold; of each level the best one stays in any case.</summary>
    /// <param name="samples">(rows, <see cref="DataColumns"/>).</param>
    /// <param name="threshold">The threshold.</param>
    /// <exception cref="ArgumentException">The samples have another number of columns.</exception>
    public KanNetwork PruneNodes(Samples samples, double threshold = 0.01)
    {
        KanAttribution scores = Attribute(samples);
        return WithNodes([.. scores.Nodes.Select((level, at) => at == 0 || at == Layers.Count ? All(level.Count) : Above(level, threshold))]);
    }

    /// <summary>A network without the edges whose scores are not above a threshold.</summary>
    /// <param name="samples">(rows, <see cref="DataColumns"/>).</param>
    /// <param name="threshold">The threshold.</param>
    /// <exception cref="ArgumentException">The samples have another number of columns.</exception>
    public KanNetwork PruneEdges(Samples samples, double threshold = 0.03)
    {
        KanNetwork pruned = WithNodes([.. Options.Widths.Select(width => All(width.Nodes))]);
        pruned.RemoveEdges(samples, threshold);
        return pruned;
    }

    /// <summary>
    /// A network without the inputs whose scores are not above a threshold; the best one stays in any case. It takes the same samples, and reads fewer of their columns
    /// (<see cref="InputColumns"/>).
    /// </summary>
    /// <param name="samples">(rows, <see cref="DataColumns"/>).</param>
    /// <param name="threshold">The threshold.</param>
    /// <exception cref="ArgumentException">The samples have another number of columns.</exception>
    public KanNetwork PruneInputs(Samples samples, double threshold = 0.01)
    {
        KanAttribution scores = Attribute(samples);
        return WithNodes([.. scores.Nodes.Select((level, at) => at == 0 ? Above(level, threshold) : All(level.Count))]);
    }

    /// <summary>A network of some of the nodes: for pruning by hand.</summary>
    /// <param name="nodes">By level, inputs first, which nodes stay, ascending; every output stays.</param>
    /// <exception cref="ArgumentException">There are not as many lists as levels, one is empty, not ascending, or names a node that there is not, or an output would go.</exception>
    public KanNetwork WithNodes(IReadOnlyList<IReadOnlyList<int>> nodes)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        if (nodes.Count != Options.Widths.Count)
            throw new ArgumentException($"there are {nodes.Count} lists for {Options.Widths.Count} levels", nameof(nodes));
        for (int level = 0; level < nodes.Count; level++)
        {
            IReadOnlyList<int> kept = nodes[level];
            int count = Options.Widths[level].Nodes;
            if (kept.Count == 0 || kept[0] < 0 || kept[^1] >= count || kept.Zip(kept.Skip(1)).Any(pair => pair.First >= pair.Second))
                throw new ArgumentException($"the nodes of level {level} are {string.Join(' ', kept)}; they must be at least one of 0 to {count - 1}, ascending", nameof(nodes));
        }

        if (nodes[^1].Count != Outputs)
            throw new ArgumentException("every output stays", nameof(nodes));
        KanNetworkLayer[] layers = [.. Layers.Select((layer, at) => layer.Subset(nodes[at], nodes[at + 1]))];
        KanNetworkOptions options = Options with { Widths = [nodes[0].Count, .. layers.Select(layer => layer.Width)] };
        return With(options, layers, [.. nodes[0].Select(node => InputColumns[node])]);
    }

    private void RemoveEdges(Samples samples, double threshold)
    {
        KanAttribution scores = Attribute(samples);
        for (int at = 0; at < Layers.Count; at++)
        {
            KanNetworkLayer layer = Layers[at];
            for (int output = 0; output < layer.Subnodes; output++)
            {
                for (int input = 0; input < layer.Inputs; input++)
                {
                    if (!(scores.Edges[at][output, input] > threshold))
                        layer.RemoveEdge(output, input);
                }
            }
        }
    }

    private static int[] All(int count) => [.. Enumerable.Range(0, count)];

    private static int[] Above(IReadOnlyList<double> scores, double threshold)
    {
        int[] kept = [.. Enumerable.Range(0, scores.Count).Where(node => scores[node] > threshold)];
        return kept.Length > 0 ? kept : [Enumerable.Range(0, scores.Count).MaxBy(node => scores[node])];
    }
}
