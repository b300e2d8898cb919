namespace Kansformers.Inspection;

/// <summary>What is learned of a network, as one vector.</summary>
internal sealed class ParameterVector
{
    private readonly (double[] Values, double[] Gradient)[] _parts;

    public ParameterVector(KanNetwork network, IReadOnlyList<ParameterGradients> gradients)
    {
        List<(double[], double[])> parts = [];
        for (int at = 0; at < network.Layers.Count; at++)
        {
            (KanNetworkLayer layer, ParameterGradients of) = (network.Layers[at], gradients[at]);
            parts.Add((layer.Coefficients, of.Coefficients));
            if (network.Options.TrainBaseScales)
                parts.Add((layer.BaseScale, of.BaseScale));
            if (network.Options.TrainSplineScales)
                parts.Add((layer.SplineScale, of.SplineScale));
            if (layer.HasFormulas)
                parts.Add((layer.FormulaNumbers, of.FormulaNumbers));
            if (network.Options.TrainAffine)
                parts.AddRange([(layer.SubnodeScale, of.SubnodeScale), (layer.SubnodeBias, of.SubnodeBias), (layer.NodeScale, of.NodeScale), (layer.NodeBias, of.NodeBias)]);
        }

        _parts = [.. parts];
        Count = _parts.Sum(part => part.Values.Length);
    }

    public int Count { get; }

    /// <summary>Reads the network's values.</summary>
    public void Read(Span<double> to) => Each(to, (part, all) => part.Values.CopyTo(all));

    /// <summary>Sets the network's values.</summary>
    public void Write(ReadOnlySpan<double> from)
    {
        int at = 0;
        foreach ((double[] values, _) in _parts)
        {
            from.Slice(at, values.Length).CopyTo(values);
            at += values.Length;
        }
    }

    /// <summary>Reads the gradients.</summary>
    public void ReadGradient(Span<double> to) => Each(to, (part, all) => part.Gradient.CopyTo(all));

    private void Each(Span<double> to, Action<(double[] Values, double[] Gradient), Span<double>> work)
    {
        int at = 0;
        foreach ((double[] Values, double[] Gradient) part in _parts)
        {
            work(part, to.Slice(at, part.Values.Length));
            at += part.Values.Length;
        }
    }
}
