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
    private readonly RunReading _reading = new();

    /// <summary>The options, which are of use for runs alone.</summary>
    public IEnumerable<Option> All => [Top, By, .. _reading.All];

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
        ModelReading read = _reading.Read(parsed, run, model);
        LayerReading layer = wanted is null ? read.Layers[0] : read.Layer(wanted);
        string file = to.File ?? $"{layer.Layer.Name}.svg";
        PictureFile.Write(file, CurvePicture.Svg(layer, options));
        IReadOnlyList<FunctionReading> shown = layer.Top(layer.Layer.IsEdge ? options.Top : CurvePicture.Most, options.Ranking);
        if (to.Json)
            JsonOutput.Print(new { Run = run.Folder, Layer = layer.Layer.Name, Out = Path.GetFullPath(file), read.Tokens, Functions = shown.Select(function => KanLayers.Fields(layer, function)) });
        else
            Console.WriteLine($"{layer.Layer.Name}: {shown.Count} of {layer.Layer.Functions} functions in {file}");
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
