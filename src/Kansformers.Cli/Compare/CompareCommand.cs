using System.CommandLine;
using Kansformers.Cli.Bench;
using Kansformers.Comparisons;
using Kansformers.Files;
using Kansformers.Pictures;
using Kansformers.Training;
using Kansformers.Transformers;
using Spectre.Console;

namespace Kansformers.Cli.Compare;

/// <summary><c>compare</c>: trains models side by side on the same batches, several seeds each, and tells which is better, and whether that is more than chance.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        CompareOptions options = new();
        Command command = new("compare", "Train models side by side, matched in size or cost, several seeds each: one table, one picture. The same command goes on with what was interrupted.");
        options.AddTo(command);
        command.Add(CompareWorker.Create());
        command.SetAction(parsed =>
        {
            ComparisonConfig config = options.Read(parsed);
            string folder = options.Folder(parsed, config);
            using Interruption interruption = new();
            try
            {
                using ModelComparison comparison = ModelComparison.Open(config, folder, new EncodingDisplay(), interruption.Token);
                Tell(comparison);
                ComparisonOptions how = new() { Jobs = parsed.GetValue(options.Jobs), Worker = CompareWorker.Start, Results = parsed.GetValue(options.Results) };
                ComparisonResult result = comparison.Run(how, new CompareDisplay(), interruption.Token);
                LiveLine.Clear();
                Show(result, comparison, parsed.GetValue(options.Json));
                if (parsed.GetValue(options.Plot) is string plot)
                    PictureFile.Write(plot, result.ToSvg());
                if (parsed.GetValue(options.Markdown) is string markdown)
                    OutputFile.WriteText(markdown, result.ToMarkdown());
                return result.Failures.Count == 0 ? CommandLineApp.Succeeded
                    : throw new KansformersException($"{result.Failures.Count} of the runs failed ({result.Failures[0].Model}: {result.Failures[0].Message}); the same command tries them again");
            }
            catch (OperationCanceledException)
            {
                throw new KansformersException($"interrupted; what is done is kept in '{folder}', and the same command goes on");
            }
        });
        return command;
    }

    private static void Tell(ModelComparison comparison)
    {
        foreach (PlannedModel model in comparison.Models)
            LiveLine.Say(FormattableString.Invariant($"{model.Name}: {HumanText.Count(model.Parameters)} parameters, {model.Size}; {model.Seeds.Count} seed{(model.Seeds.Count == 1 ? "" : "s")}, {model.Steps} steps"));
        foreach (string note in comparison.Notes)
            LiveLine.Say(note);
    }

    private static void Show(ComparisonResult result, ModelComparison comparison, bool json)
    {
        if (json)
        {
            JsonOutput.Print(new
            {
                Folder = comparison.Folder,
                Data = result.Config.Data.Data,
                Match = result.Config.Match.ToString(),
                result.Baseline,
                Models = result.Models.Select(Fields),
                result.Failures,
            });
            return;
        }

        Table table = new Table().Border(TableBorder.Simple).AddColumn(ComparisonTable.Columns[0]);
        foreach (string name in ComparisonTable.Columns.Skip(1))
            table.AddColumn(new TableColumn(name).RightAligned().NoWrap());
        foreach (IReadOnlyList<string> row in ComparisonTable.Rows(result))
            table.AddRow([.. row.Select(Markup.Escape)]);
        ResultTable.Write($"validation loss on {result.Config.Data.Data}", table);
        foreach (string note in ComparisonTable.Notes(result))
            Console.Out.WriteLine(note);
        Console.Out.WriteLine($"table and picture: {Path.Combine(comparison.Folder, "compare.md")}, compare.svg");
    }

    private static object Fields(ModelResult model) => new
    {
        model.Model.Name,
        Family = model.Model.Config.Model.Family.Name,
        Placement = model.Model.Config.Model.Placement.Text(),
        model.Model.Kan,
        model.Model.FeedForward,
        model.Model.Size,
        model.Model.Parameters,
        model.Model.KanParameters,
        Matched = model.Model.IsMatched,
        model.Model.Steps,
        model.Model.Tokens,
        Flops = model.Model.FlopsPerToken * model.Model.Tokens,
        model.Seconds,
        StepMs = model.Model.StepSeconds * 1000,
        model.RunSeconds,
        RunThreads = model.Threads,
        model.PeakMemoryBytes,
        model.Seeds,
        ValLosses = model.ValidationLosses,
        ValLoss = model.ValidationLoss,
        model.Spread,
        model.Difference,
        Curve = model.Curve.Select(point => new { point.Tokens, point.Seconds, ValLoss = point.Loss, point.Spread }),
    };
}
