using System.CommandLine;
using Kansformers.Cli.Reading;
using Kansformers.Inspection;

namespace Kansformers.Cli.Networks;

/// <summary><c>kan refine MODEL</c>: finer grids through the same curves.</summary>
internal static class KanRefine
{
    public static Command Create()
    {
        KanChange change = new("the file of a small network, as kan fit writes it, or a run folder");
        RunRefine ofRun = new();
        Option<int> grid = new("--grid") { Description = "the intervals of each curve's grid, at least as many as now", Required = true };
        Command command = new("refine", "Finer grids through the same curves of a small network, which kan fit --from then fits, or of a run's KAN layers, with --out, which train --model goes on from.") { grid };
        change.AddTo(command);
        ofRun.AddTo(command);
        command.SetAction(parsed =>
        {
            if (change.IsRun(parsed, out string? to))
            {
                ofRun.Run(parsed, parsed.GetValue(change.Model.Path)!, (parsed.GetValue(grid), to ?? throw new UsageException("of a run, --out is missing: the run folder to write"), parsed.GetValue(change.Model.Json)));
                return CommandLineApp.Succeeded;
            }

            OptionRules.RequireUnused(parsed, "a small network", ofRun.All);
            KanNetwork network = change.Model.Load(parsed);
            _ = change.Out(parsed);
            TableSamples samples = change.Samples(parsed, network);
            change.End(parsed, network, network.Refine(parsed.GetValue(grid), samples.Data.Inputs), samples);
            return CommandLineApp.Succeeded;
        });
        return command;
    }
}
