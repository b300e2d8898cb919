using System.CommandLine;
using Kansformers.Cli.Reading;

namespace Kansformers.Cli.Networks;

/// <summary><c>kan plot</c>: curves as a picture.</summary>
internal static class KanPlot
{
    public static Command Create()
    {
        NetworkChoice model = new("the file of a small network, as kan fit writes it, or a run folder");
        Option<string?> layer = new("--layer") { Description = "one layer: of a small network its number, from 0 [default: the whole network]; of a run its name or the end of it, kan layers lists them [default: the first]" };
        Option<string?> to = new("--out") { Description = "the picture to write, .svg or .png [default: an .svg named after what it shows]" };
        RunPlot ofRun = new();
        NetworkPlot ofNetwork = new();
        OptionRules.NotEmpty(layer);
        OptionRules.Picture(to);
        Command command = new("plot", "Curves as a picture: a small network with a curve on every edge, or a layer's curves over what enters them; of a run, those of a layer's functions that matter most.") { layer, to };
        model.AddTo(command);
        foreach (Option option in ofNetwork.All.Concat(ofRun.All))
            command.Add(option);
        command.SetAction(parsed =>
        {
            string path = parsed.GetValue(model.Path)!;
            bool isRun = model.IsRun(parsed), json = parsed.GetValue(model.Json);
            OptionRules.RequireUnused(parsed, isRun ? "a run" : "a small network", isRun ? ofNetwork.All : ofRun.All);
            if (isRun)
                ofRun.Run(parsed, path, parsed.GetValue(layer), (parsed.GetValue(to), json));
            else
                ofNetwork.Run(parsed, path, parsed.GetValue(layer), (parsed.GetValue(to), json));
            return CommandLineApp.Succeeded;
        });
        return command;
    }
}
