using System.CommandLine;
using System.Globalization;
using Kansformers.Inspection;
using Kansformers.Pictures;

namespace Kansformers.Cli.Networks;

/// <summary><c>kan plot MODEL</c>: a small network with its curves, or the curves of one layer over what enters them.</summary>
internal sealed class NetworkPlot
{
    private readonly Option<string?> _data = new("--data") { Description = "of a small network, the table whose rows enter it [default: the one that it was fitted to]" };
    private readonly Option<double> _beta = new("--beta") { Description = "of a small network, how soon edges are dark: tanh(beta * score)", DefaultValueFactory = _ => new NetworkPictureOptions().Beta };

    public NetworkPlot() => OptionRules.NotEmpty(_data);

    /// <summary>The options, which are of use for small networks alone.</summary>
    public IEnumerable<Option> All => [_data, _beta];

    /// <summary>Draws.</summary>
    /// <param name="parsed">The call.</param>
    /// <param name="path">The network's file.</param>
    /// <param name="layer">The layer; null for the whole network.</param>
    /// <param name="to">The file to write, null for one beside the network's; and whether facts are printed as JSON.</param>
    public void Run(ParseResult parsed, string path, string? layer, (string? File, bool Json) to)
    {
        double beta = parsed.GetValue(_beta);
        if (!(beta > 0 && double.IsFinite(beta)))
            throw new UsageException(FormattableString.Invariant($"--beta is {beta}; it must be above 0"));
        NetworkPictureOptions options = new() { Beta = beta };
        KanNetwork network = NetworkChoice.Load(path, "plot");
        int? at = layer is null ? null : Layer(layer, network);
        string file = to.File ?? Path.ChangeExtension(Path.GetFullPath(path), at is null ? ".svg" : FormattableString.Invariant($".layer{at}.svg"));
        Samples? samples = Entering(network, parsed.GetValue(_data));
        PictureFile.Write(file, at is int one ? LayerPicture.Svg(network, one, samples, options) : NetworkPicture.Svg(network, samples, options));
        NetworkEdge[] shown = [.. NetworkEdge.All(network).Where(edge => at is null || edge.At == at)];
        if (to.Json)
            JsonOutput.Print(Fields((network, path), samples, shown, (at, file)));
        else
            Console.WriteLine($"{(at is null ? network.ToString() : FormattableString.Invariant($"layer {at} of {network}"))}: {shown.Length} edges in {file}");
    }

    private static int Layer(string text, KanNetwork network) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int layer) && layer < network.Layers.Count
        ? layer : throw new UsageException($"--layer is '{text}'; the network's layers are {string.Join(", ", Enumerable.Range(0, network.Layers.Count))}");

    // A network that was made by a program may know no table; its curves are over their grids then, and that is said.
    private static Samples? Entering(KanNetwork network, string? data)
    {
        if (data is null && network.Source is null)
        {
            LiveLine.Say("the network knows no table: curves are drawn over their grids, and edges have no scores");
            return null;
        }

        TableSamples samples = NetworkData.Of(network, data);
        foreach (string note in samples.Notes)
            LiveLine.Say(note);
        return samples.Data.Inputs;
    }

    private static object Fields((KanNetwork Network, string Path) model, Samples? samples, NetworkEdge[] shown, (int? Layer, string File) picture)
    {
        KanTrace? trace = samples is null ? null : model.Network.Trace(samples);
        KanAttribution? scores = samples is null ? null : model.Network.Attribute(samples);
        return new
        {
            Model = Path.GetFullPath(model.Path),
            Network = model.Network.ToString(),
            picture.Layer,
            Out = Path.GetFullPath(picture.File),
            Rows = samples?.Rows,
            Edges = shown.Select(edge => new
            {
                Edge = edge.Place, Score = scores?.Edges[edge.At][edge.Output, edge.Input], OutsideShare = trace?.OutsideShare(edge.At, edge.Input), Formula = edge.Formula?.Function.Name,
            }),
        };
    }
}
