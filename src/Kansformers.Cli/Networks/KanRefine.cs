using System.CommandLine;
using Kansformers.Cli.Reading;

namespace Kansformers.Cli.Networks;

/// <summary><c>kan refine</c>: finer grids under the same curves.</summary>
internal static class KanRefine
{
    public static Command Create()
    {
        NetworkChoice model = new("a run folder");
        Option<int> grid = new("--grid-size") { Description = "the new grid size; a multiple of the present one keeps every curve exactly", Required = true };
        Option<string> to = new("--out") { Description = "the run folder to write, new or empty", Required = true };
        RunRefine ofRun = new();
        OptionRules.NotEmpty(to);
        Command command = new("refine", "Finer grids under the same curves, so that more can be learned.") { grid, to };
        model.AddTo(command);
        foreach (Option option in ofRun.All)
            command.Add(option);
        command.SetAction(parsed =>
        {
            if (!model.IsRun(parsed))
                throw new KansformersException($"there is no run folder '{parsed.GetValue(model.Path)}'");
            ofRun.Run(parsed, parsed.GetValue(model.Path)!, (parsed.GetValue(grid), parsed.GetValue(to)!, parsed.GetValue(model.Json)));
            return CommandLineApp.Succeeded;
        });
        return command;
    }
}
