using System.CommandLine;
using System.Globalization;
using Kansformers.Files;
using Kansformers.Inspection;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Cli.Reading;

/// <summary><c>kan report RUN</c>: one page on which a person reads the learned functions of a run.</summary>
internal static class RunReport
{
    public static Command Create()
    {
        Argument<string> path = new("run") { Description = "a run folder" };
        Option<string?> to = new("--out") { Description = "the page to write, .html [default: report.html in the run folder]" };
        Option<string[]> layers = new("--layers") { Description = "which layers, by their names or the ends of them; kan layers lists them [default: all]", AllowMultipleArgumentsPerToken = true };
        ModelReportOptions usual = new();
        Option<int> top = new("--top") { Description = "of each layer, how many edges, those that matter most; shared functions are all shown", DefaultValueFactory = _ => usual.Top };
        Option<int> without = new("--without") { Description = "of each layer, for how many functions the loss without them is measured, every fourth one of those that matter least; 0 for none", DefaultValueFactory = _ => usual.Without };
        Option<long> sample = new("--sample-tokens") { Description = "on how many held-out tokens that loss is measured", DefaultValueFactory = _ => 8192 };
        Option<bool> json = new("--json") { Description = "print one JSON object on standard output and nothing else there" };
        RunReading reading = new();
        OptionRules.NotEmpty(path);
        OptionRules.NotEmpty(to);
        Command command = new("report", "One HTML page of a run's learned functions, to be opened in a browser: layers, their functions in order, each with its curve, what enters it, a formula if one fits, and the loss without it.") { path, to, layers, top, without, sample, json };
        foreach (Option option in reading.All)
            command.Add(option);
        command.SetAction(parsed =>
        {
            ModelReportOptions options = usual with { Top = Whole(parsed, top, 1, 1000), Without = Whole(parsed, without, 0, 2000), Command = CommandLineApp.CommandLine };
            if (parsed.GetValue(sample) < 1)
                throw new UsageException(FormattableString.Invariant($"--sample-tokens is {parsed.GetValue(sample)}; it must be at least 1"));
            RunFolder run = RunReading.Open(parsed.GetValue(path)!);
            string file = parsed.GetValue(to) ?? Path.Combine(run.Folder, "report.html");
            using TransformerModel model = reading.Load(parsed, run);
            string[] names = parsed.GetValue(layers) ?? [];
            RunReading.RequireLayers(model, names);
            ModelReading read = reading.Read(parsed, run, model);
            if (names.Length > 0)
                read = read with { Layers = [.. read.Layers.Where(layer => names.Any(name => layer.Layer.Name == name || layer.Layer.Name.EndsWith("." + name, StringComparison.Ordinal)))] };
            ModelReport report = Gather(read, run, model, (options with { Title = $"{Path.GetFileName(Path.TrimEndingDirectorySeparator(run.Folder))}: its learned functions" }, parsed.GetValue(sample)));
            OutputFile.WriteText(file, report.Html());
            if (parsed.GetValue(json))
                JsonOutput.Print(Fields(report, run, file));
            else
                Show(report, file);
            return CommandLineApp.Succeeded;
        });
        return command;
    }

    private static ModelReport Gather(ModelReading read, RunFolder run, TransformerModel model, (ModelReportOptions Options, long Sample) wanted)
    {
        using Interruption interruption = new();
        using RemovalLoss? removal = wanted.Options.Without > 0 ? new RemovalLoss(run, model, wanted.Sample) : null;
        return ModelReport.Read(read, removal, wanted.Options, new ReportDisplay(), interruption.Token);
    }

    private static object Fields(ModelReport report, RunFolder run, string file) => new
    {
        Run = run.Folder,
        Out = Path.GetFullPath(file),
        report.Tokens,
        report.Sample,
        Layers = report.Layers.Select(layer => new
        {
            layer.Name,
            layer.Functions,
            Shown = layer.Shown.Count,
            Formulas = layer.Shown.Count(function => function.Formula is not null),
            Removed = layer.Shown.Where(function => function.Removal is not null).Select(function => new { function.Id, function.Rank, function.Reading.Attribution, function.Removal!.Loss, function.Removal.Rise, function.Removal.Error }),
        }),
    };

    private static void Show(ModelReport report, string file)
    {
        int shown = report.Layers.Sum(layer => layer.Shown.Count), fitted = report.Layers.Sum(layer => layer.Shown.Count(function => function.Formula is not null));
        Console.WriteLine($"{shown} functions of {report.Layers.Count} layers, {fitted} with a formula, in {file} ({HumanText.Bytes(new FileInfo(file).Length)})");
        if (report.Sample is { } sample)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"loss {sample.Loss:0.0000} on {sample.Tokens} tokens of the {(sample.IsHeldOut ? "held-out split" : "training text")}, and without {report.Layers.Sum(layer => layer.Shown.Count(function => function.Removal is not null))} functions, one at a time"));
    }

    private static int Whole(ParseResult parsed, Option<int> option, int least, int most)
    {
        int value = parsed.GetValue(option);
        return value >= least && value <= most ? value : throw new UsageException($"{option.Name} is {value}; it must be {least} to {most}");
    }

    private sealed class ReportDisplay : IProgress<ReportProgress>
    {
        private readonly LineRate _rate = new();
        private ProgressEstimate? _estimate;

        public void Report(ReportProgress value)
        {
            _estimate ??= new ProgressEstimate(value.Total);
            _estimate.Advance(value.Done);
            if (value.Done >= value.Total)
                LiveLine.Clear();
            else
                _rate.Show(() => $"{value.Done} of {value.Total} functions{(_estimate.TimeLeft is TimeSpan left ? $", {HumanText.Duration(left)} left" : "")}");
        }
    }
}
