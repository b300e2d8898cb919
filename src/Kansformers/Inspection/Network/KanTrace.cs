namespace Kansformers.Inspection;

/// <summary>What every node and edge of a network came to on some samples.</summary>
public sealed class KanTrace
{
    private readonly NetworkPass _pass;

    internal KanTrace(KanNetwork network, NetworkPass pass) => (Network, _pass) = (network, pass);

    /// <summary>The network.</summary>
    public KanNetwork Network { get; }

    /// <summary>The outputs.</summary>
    public Samples Outputs => Nodes(Network.Layers.Count);

    internal NetworkPass Pass => _pass;

    /// <summary>The nodes of a level: what enters the layer of that number. Level 0 is the inputs, the last the outputs.</summary>
    /// <param name="level">From 0 to the number of layers.</param>
    /// <returns>(rows, nodes).</returns>
    public Samples Nodes(int level) => level < Network.Layers.Count ? Copy(_pass.Layers[level].Inputs, Network.Layers[level].Inputs) : Copy(_pass.Outputs, Network.Outputs);

    /// <summary>What one edge came to, curve and formula together.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="output">The subnode that it leads into.</param>
    /// <param name="input">The input that it comes from.</param>
    public ReadOnlySpan<double> Edge(int layer, int output, int input) =>
        _pass.Layers[layer].Edges.AsSpan(Network.Layers[layer].Edge(output, input) * _pass.Rows, _pass.Rows);

    /// <summary>The share of the samples that lie outside an input's grid, 0 to 1: there its splines fade, and k intervals further on they are 0. What is no number lies outside.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="input">The input.</param>
    public double OutsideShare(int layer, int input)
    {
        KanNetworkLayer shape = Network.Layers[layer];
        ReadOnlySpan<double> grid = shape.KnotsOf(input)[shape.Order..^shape.Order];
        int outside = 0;
        foreach (double value in Nodes(layer).Column(input))
        {
            if (!(value >= grid[0] && value <= grid[^1]))
                outside++;
        }

        return _pass.Rows == 0 ? 0 : (double)outside / _pass.Rows;
    }

    private Samples Copy(double[] values, int columns)
    {
        Samples made = new(_pass.Rows, columns);
        values.CopyTo(made.Values, 0);
        return made;
    }
}
