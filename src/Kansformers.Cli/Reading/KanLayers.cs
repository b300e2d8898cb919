using System.CommandLine;
using System.Globalization;
using Kansformers.Cli.Bench;
using Kansformers.Inspection;
using Kansformers.Training;
using Kansformers.Transformers;
using Spectre.Console;

namespace Kansformers.Cli.Reading;

/// <summary><c>kan layers RUN</c>: the layers of a run's model whose functions are learned, what enters them and which functions matter.</summary>
internal static class KanLayers
{
    public static Command Create()
    {
        Argument<string> path = new("run") { Description = "a run folder" };
        Option<int> top = new("--top") { Description = "of each layer, how many of the functions that matter most are told", DefaultValueFactory = _ => 3 };
        Option<bool> json = new("--json") { Description = "print one JSON object on standard output and nothing else there" };
        RunReading reading = new();
        OptionRules.NotEmpty(path);
        Command command = new("layers", "The layers of a run's model whose functions are learned: what enters them, how much is outside the grid, how much the splines do, and which functions matter most.") { path, top, json };
        foreach (Option option in reading.All)
            command.Add(option);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(top) is < 0 or > 1000)
                throw new UsageException($"--top is {parsed.GetValue(top)}; it must be 0 to 1000");
            RunFolder run = RunReading.Open(parsed.GetValue(path)!);
            using TransformerModel model = reading.Load(parsed, run);
            ModelReading read = reading.Read(parsed, run, model);
            if (parsed.GetValue(json))
                JsonOutput.Print(new { Run = run.Folder, read.Tokens, Layers = read.Layers.Select(layer => Fields(layer, parsed.GetValue(top))) });
            else
                Show(read, parsed.GetValue(top));
            return CommandLineApp.Succeeded;
        });
        return command;
    }

    /// <summary>What <c>--json</c> tells of a function.</summary>
    public static object Fields(LayerReading layer, FunctionReading function) => new
    {
        function.Place.Index,
        function.Place.Output,
        Words = layer.Layer.Describe(function.Place),
        function.Mean,
        function.Deviation,
        function.Share,
        function.Attribution,
        function.Magnitude,
        function.SplineShare,
    };

    private static object Fields(LayerReading layer, int top) => new
    {
        layer.Layer.Name,
        layer.Layer.Options.Kind,
        Sharing = layer.Layer.Options.Sharing.ToString(),
        layer.Layer.Inputs,
        layer.Layer.Outputs,
        layer.Layer.Functions,
        layer.Layer.PrunedEdges,
        layer.Tokens,
        InputLow = layer.Inputs.Low,
        InputHigh = layer.Inputs.High,
        IsBehindNorm = layer.Layer.IsNormed,
        OutsideShare = layer.Inputs.Outside,
        layer.SplineShare,
        Top = layer.Top(top).Select(function => Fields(layer, function)),
    };

    private static void Show(ModelReading read, int top)
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumns("layer", "kind", "functions");
        foreach (string name in (string[])["from", "to", "outside", "spline"])
            table.AddColumn(new TableColumn(name).RightAligned().NoWrap());
        table.AddColumn("matter most (millinats a token)");
        foreach (LayerReading layer in read.Layers)
        {
            FunctionLayer one = layer.Layer;
            InputReading inputs = layer.Inputs;
            string functions = one.IsEdge ? $"{one.Functions} edges{(one.PrunedEdges > 0 ? $", {one.PrunedEdges} pruned" : "")}" : $"{one.Functions}, {one.Options.Sharing}";
            table.AddRow([.. ((string[])[one.Name, one.Options.Summary(), functions, Number(inputs.Low), Number(inputs.High), Percent(inputs.Outside), Percent(layer.SplineShare),
                string.Join(", ", layer.Top(top).Select(function => $"{Name(layer, function)} {Score(function)}"))]).Select(Markup.Escape)]);
        }

        Tables.Print(table);
        Console.WriteLine($"{HumanText.Count(read.Tokens)} tokens read. from, to: the ends of what enters{(read.Layers.Any(layer => layer.Layer.IsNormed) ? ", behind the layer norm where there is one" : "")}; outside: its share outside the grid; spline: the basis' share of the functions' variance, beside the base activation's.");
    }

    private static string Name(LayerReading layer, FunctionReading function) => layer.Layer.IsEdge ? $"{function.Place.Index}→{function.Place.Output}" : $"{function.Place.Index}";

    private static string Score(FunctionReading function) =>
        double.IsFinite(function.Attribution) ? (function.Attribution * 1000).ToString("G2", CultureInfo.InvariantCulture) : $"({function.Share.ToString("G2", CultureInfo.InvariantCulture)} of the deviation)";

    private static string Number(double value) => value.ToString("G3", CultureInfo.InvariantCulture);

    private static string Percent(double share) => (share * 100).ToString("0.##", CultureInfo.InvariantCulture) + " %";
}
