using System.CommandLine;
using Kansformers.Cli.Reading;

namespace Kansformers.Cli.Networks;

/// <summary><c>kan plot</c>: curves as a picture.</summary>
internal static class KanPlot
{
    public static Command Create()
    {
        NetworkChoice model = new("a run folder");
        Option<string?> to = new("--out") { Description = "the picture to write, .svg [default: named after what it shows]" };
        RunPlot ofRun = new();
        OptionRules.NotEmpty(to);
        Command command = new("plot", "Curves as a picture: of a run, those of a layer's functions that matter most, over what enters them.") { to };
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
