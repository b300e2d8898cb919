using System.CommandLine;
using Kansformers.Cli.Reading;

namespace Kansformers.Cli.Networks;

/// <summary><c>kan formula</c>: formulas for curves.</summary>
internal static class KanFormula
{
    public static Command Create()
    {
        NetworkChoice model = new("a run folder");
        Option<string?> to = new("--out") { Description = "a .json to write the formulas into" };
        RunFormula ofRun = new();
        OptionRules.NotEmpty(to, ofRun.Layer);
        Command command = new("formula", "Formulas for curves, and what is lost by them.") { to };
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
