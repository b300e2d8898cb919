using Kansformers.Inspection;

namespace Kansformers.Cli.Networks;

/// <summary>The rows that a network's verbs look at: <c>--data</c>, or the table that it was fitted to.</summary>
internal static class NetworkData
{
    public static TableSamples Of(KanNetwork network, string? data)
    {
        string? path = data ?? network.Source?.Data;
        if (network.Source is null)
            throw new KansformersException("the network does not say which columns it was fitted to; kan fit makes networks that do");
        if (data is null && !File.Exists(path))
            throw new KansformersException($"the table '{path}', which the network was fitted to, is not there; name a table by --data");
        return TableSamples.Of(DataTable.Read(path!, [.. network.Source.Inputs, network.Source.Target]), network);
    }
}
