using System.CommandLine;
using Kansformers.Cli.Reading;

namespace Kansformers.Cli.Networks;

/// <summary><c>kan prune</c>: edges that matter little go.</summary>
internal static class KanPrune
{
    public static Command Create()
    {
        NetworkChoice model = new("a run folder");
        Option<string?> to = new("--out") { Description = "the run folder to write, new or empty; without it the loss is told alone" };
        RunPrune ofRun = new();
        OptionRules.NotEmpty(to, ofRun.Picture);
        Command command = new("prune", "Prune edges that matter little, and tell what that costs.") { to };
        model.AddTo(command);
        foreach (Option option in ofRun.All)
            command.Add(option);
        command.SetAction(parsed =>
        {
            if (!model.IsRun(parsed))
                throw new KansformersException($"there is no run folder '{parsed.GetValue(model.Path)}'");
            ofRun.Run(parsed, parsed.GetValue(model.Path)!, parsed.GetValue(to), parsed.GetValue(model.Json));
            return CommandLineApp.Succeeded;
        });
        return command;
    }
}
