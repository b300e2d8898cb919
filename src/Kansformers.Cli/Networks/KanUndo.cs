using System.CommandLine;
using Kansformers.Inspection;

namespace Kansformers.Cli.Networks;

/// <summary><c>kan undo MODEL</c>: the network before its last change.</summary>
internal static class KanUndo
{
    public static Command Create()
    {
        NetworkChoice model = new();
        Command command = new("undo", "Take back the last refinement, pruning or formulas of a small network's file, and the fits since.");
        model.AddTo(command);
        command.SetAction(parsed =>
        {
            KanNetwork network = model.Load(parsed);
            string path = Path.GetFullPath(parsed.GetValue(model.Path)!);
            KanNetwork before = network.Before ?? throw new KansformersException($"'{path}' has nothing to take back");
            before.Save(path);
            if (parsed.GetValue(model.Json))
                JsonOutput.Print(new { Model = path, Before = network.ToString(), After = before.ToString() });
            else
                Console.WriteLine($"{network} is {before} again: {path}");
            return CommandLineApp.Succeeded;
        });
        return command;
    }
}
