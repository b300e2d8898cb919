namespace Kansformers.Inspection;

/// <summary>
/// How much of the outputs comes through each node and edge of a network: pykan's scores. An output has 1; a score goes down to what a sum is made of in the measure of
/// standard deviations, edge over sum, on the samples; with several outputs it is the mean over them. The scores of edges into one sum need not add up to its own.
/// </summary>
public sealed class KanAttribution
{
    internal KanAttribution(NetworkPass pass)
    {
        ScoreChain chain = new(pass.Layers, pass.Layers.Count, Unit(pass.Layers[^1].Layer.Nodes));
        Nodes = [.. chain.Nodes.Select(ScoreChain.Mean)];
        Subnodes = [.. chain.Subnodes.Select(ScoreChain.Mean)];
        Edges = [.. pass.Layers.Select((_, layer) => chain.Edges(layer))];
    }

    /// <summary>The nodes' scores by level, inputs first.</summary>
    public IReadOnlyList<IReadOnlyList<double>> Nodes { get; }

    /// <summary>The subnodes' scores by layer.</summary>
    public IReadOnlyList<IReadOnlyList<double>> Subnodes { get; }

    /// <summary>The edges' scores by layer, (subnodes, inputs).</summary>
    public IReadOnlyList<double[,]> Edges { get; }

    /// <summary>The inputs' scores.</summary>
    public IReadOnlyList<double> Features => Nodes[0];

    internal static double[,] Unit(int size) => Diagonal([.. Enumerable.Repeat(1.0, size)]);

    internal static double[,] Diagonal(double[] values)
    {
        double[,] matrix = new double[values.Length, values.Length];
        for (int at = 0; at < values.Length; at++)
            matrix[at, at] = values[at];
        return matrix;
    }
}
