using System.CommandLine;
using Kansformers.Inspection;

namespace Kansformers.Cli.Networks;

/// <summary>The argument of verbs that take a small network's file. Verbs that also take a run ask <see cref="IsRun"/> first.</summary>
internal sealed class NetworkChoice
{
    public readonly Argument<string> Path;
    public readonly Option<bool> Json = new("--json") { Description = "print one JSON object on standard output and nothing else there" };

    /// <param name="description">What the argument is; null for a small network's file.</param>
    public NetworkChoice(string? description = null)
    {
        Path = new Argument<string>("model") { Description = description ?? "the file of a small network, as kan fit writes it" };
        OptionRules.NotEmpty(Path);
    }

    public void AddTo(Command command)
    {
        command.Add(Path);
        command.Add(Json);
    }

    /// <summary>Whether a folder is named, as runs are.</summary>
    public bool IsRun(ParseResult parsed) => Directory.Exists(parsed.GetValue(Path)!);

    /// <summary>The network in the file.</summary>
    /// <exception cref="KansformersException">There is none.</exception>
    public KanNetwork Load(ParseResult parsed) => Load(parsed.GetValue(Path)!, parsed.CommandResult.Command.Name);

    public static KanNetwork Load(string path, string verb)
    {
        if (Directory.Exists(path))
            throw new KansformersException($"'{path}' is a folder; kan {verb} reads the file of a small network, as kan fit writes it");
        if (!File.Exists(path))
            throw new KansformersException($"there is no file '{path}'; kan fit makes one from a table");
        return KanNetwork.Load(path);
    }
}
