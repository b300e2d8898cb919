using System.CommandLine;
using Kansformers.Cli.Reading;

namespace Kansformers.Cli.Networks;

/// <summary><c>kan VERB</c>: read a KAN. A verb is a file of this folder and a line in the list.</summary>
internal static class KanCommand
{
    private static IEnumerable<Command> Verbs =>
    [
        KanFit.Create(),
        KanInfo.Create(),
        KanPredict.Create(),
        KanRefine.Create(),
        KanPrune.Create(),
        KanFormula.Create(),
        KanSearch.Create(),
        KanUndo.Create(),
        KanLayers.Create(),
        KanPlot.Create(),
        RunReport.Create(),
    ];

    public static Command Create()
    {
        Command command = new("kan", "Read a KAN: fit small networks to tables, look at their curves, refine, prune, turn them into formulas; the same of the KAN layers of a run.");
        foreach (Command verb in Verbs)
            command.Add(verb);
        return command;
    }
}
