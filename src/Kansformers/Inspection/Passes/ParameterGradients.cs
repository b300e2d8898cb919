namespace Kansformers.Inspection;

/// <summary>The gradient of every parameter of a layer, in arrays like the layer's own.</summary>
internal sealed class ParameterGradients(KanNetworkLayer layer)
{
    public double[] Coefficients { get; } = new double[layer.Coefficients.Length];

    public double[] BaseScale { get; } = new double[layer.BaseScale.Length];

    public double[] SplineScale { get; } = new double[layer.SplineScale.Length];

    public double[] FormulaNumbers { get; } = new double[layer.FormulaNumbers.Length];

    public double[] SubnodeScale { get; } = new double[layer.SubnodeScale.Length];

    public double[] SubnodeBias { get; } = new double[layer.SubnodeBias.Length];

    public double[] NodeScale { get; } = new double[layer.NodeScale.Length];

    public double[] NodeBias { get; } = new double[layer.NodeBias.Length];

    public void Clear()
    {
        foreach (double[] array in (double[][])[Coefficients, BaseScale, SplineScale, FormulaNumbers, SubnodeScale, SubnodeBias, NodeScale, NodeBias])
            array.AsSpan().Clear();
    }
}
