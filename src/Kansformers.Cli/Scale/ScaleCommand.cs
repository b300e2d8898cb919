using System.CommandLine;
using Kansformers.Cli.Bench;
using Kansformers.Cli.Compare;
using Kansformers.Comparisons;
using Kansformers.Scaling;
using Kansformers.Training;
using Spectre.Console;

namespace Kansformers.Cli.Scale;

/// <summary><c>scale</c>: trains a ladder of sizes and budgets, several kinds of models each, and fits laws to their losses.</summary>
internal static class ScaleCommand
{
    public static Command Create()
    {
        ScaleOptions options = new();
        Command command = new("scale", "Train models in several sizes and for several budgets, side by side, and fit scaling laws: tables and a page. The same command goes on with what was interrupted.");
        options.AddTo(command);
        command.Add(FitCommand.Create());
        command.SetAction(parsed =>
        {
            LadderConfig config = options.Read(parsed);
            string folder = options.Folder(parsed, config);
            using Interruption interruption = new();
            try
            {
                using ScalingLadder ladder = ScalingLadder.Open(config, folder, new EncodingDisplay(), interruption.Token);
                Tell(ladder);
                ComparisonOptions how = new() { Jobs = parsed.GetValue(options.Jobs), Worker = CompareWorker.Start, Results = parsed.GetValue(options.Results) };
                LadderResult result = ladder.Run(how, new CompareDisplay(), interruption.Token);
                LiveLine.Clear();
                ScalingReport? report = result.Points.Count == 0 ? null : result.ToReport(new ScalingReportOptions { Command = CommandLineApp.CommandLine });
                if (report is not null)
                    FitCommand.Write(report, ladder.Folder);
                Show(result, report, ladder, parsed.GetValue(options.Json));
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

    private static void Tell(ScalingLadder ladder)
    {
        foreach (IGrouping<(string Group, string Size), LadderRung> rungs in ladder.Rungs.GroupBy(rung => (rung.Group, rung.Model.Size)))
            LiveLine.Say($"{rungs.Key.Group}: {HumanText.Count(rungs.First().Model.Parameters)} parameters, {rungs.Key.Size}; {string.Join(", ", rungs.Select(rung => HumanText.Count(rung.Model.Tokens)))} tokens");
        foreach (string note in ladder.Notes)
            LiveLine.Say(note);
    }

    private static void Show(LadderResult result, ScalingReport? report, ScalingLadder ladder, bool json)
    {
        if (json)
        {
            JsonOutput.Print(new
            {
                Folder = ladder.Folder,
                Data = result.Config.Kinds.Data.Data,
                Match = result.Config.Kinds.Match.ToString(),
                Rungs = result.Rungs.Select(Fields),
                Fits = report is null ? null : FitCommand.Fields(report, ladder.Folder),
                result.Failures,
            });
            return;
        }

        Table table = new Table().Border(TableBorder.Simple).AddColumn(LadderTable.Columns[0]);
        foreach (string name in LadderTable.Columns.Skip(1))
            table.AddColumn(new TableColumn(name).RightAligned().NoWrap());
        foreach (IReadOnlyList<string> row in LadderTable.Rows(result))
            table.AddRow([.. row.Select(Markup.Escape)]);
        ResultTable.Write($"validation loss on {result.Config.Kinds.Data.Data}", table);
        if (report is not null)
            FitCommand.Show(report, ladder.Folder);
    }

    private static object Fields(RungResult rung) => new
    {
        Model = rung.Rung.Group,
        Size = rung.Rung.Size.ToString(),
        Budget = rung.Rung.Budget.ToString(),
        rung.Rung.Size.Layers,
        rung.Rung.Size.Heads,
        rung.Rung.Size.Width,
        rung.Rung.Model.Parameters,
        rung.Rung.EmbeddingParameters,
        rung.Rung.LiveParameters,
        rung.Rung.Model.Steps,
        rung.Rung.Model.Tokens,
        rung.Rung.Epochs,
        rung.Rung.Flops,
        rung.Seconds,
        Seeds = rung.Points.Select(point => point.Seed),
        ValLosses = rung.Points.Select(point => point.Loss),
        ValLoss = rung.Loss,
        rung.Spread,
    };
}
