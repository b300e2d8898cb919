using Kansformers.Inspection;

namespace Kansformers.Cli.Networks;

/// <summary>An edge of a small network that counts.</summary>
/// <param name="Layer">Its layer.</param>
/// <param name="At">The layer's number.</param>
/// <param name="Input">The node that it comes from.</param>
/// <param name="Output">The subnode that it leads into.</param>
internal sealed record NetworkEdge(KanNetworkLayer Layer, int At, int Input, int Output)
{
    /// <summary>Layer, input and output, as <c>--set</c> names an edge: <c>0,1,0</c>.</summary>
    public string Place => FormattableString.Invariant($"{At},{Input},{Output}");

    /// <summary>Its formula; null where it has a curve.</summary>
    public EdgeFormula? Formula => Layer.FormulaOf(Output, Input);

    /// <summary>The edges that count, from the inputs on.</summary>
    public static IEnumerable<NetworkEdge> All(KanNetwork network) =>
        from at in Enumerable.Range(0, network.Layers.Count)
        let layer = network.Layers[at]
        from output in Enumerable.Range(0, layer.Subnodes)
        from input in Enumerable.Range(0, layer.Inputs)
        where layer.IsLive(output, input)
        select new NetworkEdge(layer, at, input, output);
}
