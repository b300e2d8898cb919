using System.CommandLine;
using Kansformers.Inspection;
using Kansformers.Pictures;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Cli.Reading;

/// <summary><c>kan plot RUN</c>: the curves of a layer of a run's model that matter most.</summary>
internal sealed class RunPlot
{
    public readonly Option<int> Top = new("--top") { Description = "of a run, how many edges, those that matter most; shared functions are all drawn", DefaultValueFactory = _ => 24 };
    public readonly Option<string> By = new("--by") { Description = "of a run, by what functions are put in order: attribution, deviation or magnitude", DefaultValueFactory = _ => "attribution" };
    public readonly Option<string?> Before = new("--before") { Description = "of a run, earlier weights, the earliest first and joined by commas, whose curves are drawn paler: weight files or runs of the same architecture, or none [default: the run's snapshots, three of them]" };
    private const int ShownSnapshots = 3;
    private readonly RunReading _reading = new();

    /// <summary>The options, which are of use for runs alone.</summary>
    public IEnumerable<Option> All => [Top, By, Before, .. _reading.All];

    /// <summary>Draws.</summary>
    /// <param name="parsed">The call.</param>
    /// <param name="path">The run.</param>
    /// <param name="wanted">The layer's name or the end of it; null for the first.</param>
    /// <param name="to">The file to write, null for one named after the layer; and whether facts are printed as JSON.</param>
    public void Run(ParseResult parsed, string path, string? wanted, (string? File, bool Json) to)
    {
        CurvePictureOptions options = new() { Top = parsed.GetValue(Top), Ranking = Ranking(parsed.GetValue(By)!) };
        if (options.Top is < 1 or > CurvePicture.Most)
            throw new UsageException($"--top is {options.Top}; it must be 1 to {CurvePicture.Most}");
        RunFolder run = RunReading.Open(path);
        using TransformerModel model = _reading.Load(parsed, run);
        if (wanted is not null)
            RunReading.RequireLayers(model, [wanted]);
        (string[] sources, string words) = Earlier(parsed, run);
        using EarlierWeights earlier = EarlierWeights.Open(sources);
        IReadOnlyList<FunctionLayer> layers = FunctionLayer.Of(model);
        if (sources.Length > 0 && layers.FirstOrDefault(one => wanted is null || one.Name == wanted || one.Name.EndsWith("." + wanted, StringComparison.Ordinal)) is FunctionLayer first)
            earlier.Of(first); // before anything is read, which can take long
        ModelReading read = _reading.Read(parsed, run, model);
        LayerReading layer = wanted is null ? read.Layers[0] : read.Layer(wanted);
        options = options with { Before = earlier.Of(layer.Layer), BeforeWords = words };
        string file = to.File ?? $"{layer.Layer.Name}.svg";
        PictureFile.Write(file, CurvePicture.Svg(layer, options));
        IReadOnlyList<FunctionReading> shown = layer.Top(layer.Layer.IsEdge ? options.Top : CurvePicture.Most, options.Ranking);
        if (to.Json)
            JsonOutput.Print(new { Run = run.Folder, Layer = layer.Layer.Name, Out = Path.GetFullPath(file), read.Tokens, Before = sources.Select(Path.GetFullPath), Functions = shown.Select(function => KanLayers.Fields(layer, function)) });
        else
            Console.WriteLine($"{layer.Layer.Name}: {shown.Count} of {layer.Layer.Functions} functions in {file}{(sources.Length > 0 ? $"; paler: {words}" : "")}");
    }

    // Named weights, or the run's own snapshots, evenly chosen where there are many.
    private (string[] Sources, string Words) Earlier(ParseResult parsed, RunFolder run)
    {
        if (parsed.GetValue(Before) is string named)
        {
            string[] sources = named == "none" ? [] : named.Split(',');
            if (sources.Any(source => source.Length == 0))
                throw new UsageException($"--before is '{named}'; give weight files or runs joined by commas, or none");
            return (sources, string.Join(", ", sources));
        }

        IReadOnlyList<RunSnapshot> all = run.SnapshotsBefore(_reading.WeightsIn(parsed));
        int count = Math.Min(ShownSnapshots, all.Count);
        RunSnapshot[] chosen = [.. Enumerable.Range(0, count).Select(i => all[count == 1 ? 0 : i * (all.Count - 1) / (count - 1)])];
        return ([.. chosen.Select(snapshot => snapshot.File)], $"after {string.Join(", ", chosen.Select(snapshot => snapshot.Step))} steps");
    }

    /// <summary>The ranking of that name.</summary>
    public static FunctionRanking Ranking(string name) => name switch
    {
        "attribution" => FunctionRanking.Attribution,
        "deviation" => FunctionRanking.Deviation,
        "magnitude" => FunctionRanking.Magnitude,
        _ => throw new UsageException($"--by is '{name}'; use attribution, deviation or magnitude"),
    };
}
