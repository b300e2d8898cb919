namespace Kansformers.Inspection;

/// <summary>
/// The gradient of what is computed from standard deviations over the samples (penalties are): for each input, each edge's curve, each edge with its formula, and each
/// subnode's sum. Zeros where nothing depends on one.
/// </summary>
internal sealed class DeviationGradients(KanNetworkLayer layer)
{
    public double[] Inputs { get; } = new double[layer.Inputs];

    /// <summary>Of the curves alone, by edge.</summary>
    public double[] Curves { get; } = new double[layer.Mask.Length];

    /// <summary>Of curve and formula together, by edge.</summary>
    public double[] Edges { get; } = new double[layer.Mask.Length];

    public double[] Sums { get; } = new double[layer.Subnodes];

    public void Clear()
    {
        Inputs.AsSpan().Clear();
        Curves.AsSpan().Clear();
        Edges.AsSpan().Clear();
        Sums.AsSpan().Clear();
    }
}
