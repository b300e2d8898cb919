using Kansformers.Inspection;

namespace Kansformers.Cli.Networks;

/// <summary>The inputs of a small network in the words of its table.</summary>
internal static class NetworkInput
{
    /// <summary>The name of a column of the data; x1, x2, ... where the network knows none.</summary>
    public static string Name(KanNetwork network, int column) => network.InputScaling.Count > column ? network.InputScaling[column].Name : FormattableString.Invariant($"x{column + 1}");

    /// <summary>Where an input's grid begins and ends, in the table's units.</summary>
    public static (double Low, double High) GridRange(KanNetwork network, int input)
    {
        KanNetworkLayer layer = network.Layers[0];
        ReadOnlySpan<double> knots = layer.KnotsOf(input)[layer.Order..^layer.Order];
        int column = network.InputColumns[input];
        (double shift, double scale) = network.InputScaling.Count > column ? (network.InputScaling[column].Shift, network.InputScaling[column].Scale) : (0, 1);
        return (knots[0] * scale + shift, knots[^1] * scale + shift);
    }
}
