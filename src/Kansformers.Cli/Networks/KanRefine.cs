using System.CommandLine;
using Kansformers.Inspection;

namespace Kansformers.Cli.Networks;

/// <summary><c>kan refine MODEL</c>: finer grids through the same curves.</summary>
internal static class KanRefine
{
    public static Command Create()
    {
        KanChange change = new();
        Option<int> grid = new("--grid") { Description = "the intervals of each curve's grid, at least as many as now", Required = true };
        Command command = new("refine", "Finer grids through the same curves of a small network; kan fit --from then fits them.") { grid };
        change.AddTo(command);
        command.SetAction(parsed =>
        {
            KanNetwork network = change.Model.Load(parsed);
            _ = change.Out(parsed);
            TableSamples samples = change.Samples(parsed, network);
            change.End(parsed, network, network.Refine(parsed.GetValue(grid), samples.Data.Inputs), samples);
            return CommandLineApp.Succeeded;
        });
        return command;
    }
}
