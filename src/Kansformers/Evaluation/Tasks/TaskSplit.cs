using System.Text.RegularExpressions;
using Kansformers.Hub;

namespace Kansformers.Evaluation;

/// <summary>Which of a task's files are asked about, and which may be shown before: told by the words train, validation and test in their names.</summary>
internal static partial class TaskSplit
{
    private const string Train = "train", Validation = "validation", Test = "test";

    /// <summary>Files in their parts.</summary>
    /// <param name="Scored">Those that are asked about.</param>
    /// <param name="Shown">Those of the training part, from which examples are taken; none where they are asked about, or there are none.</param>
    /// <param name="Note">What was left out, for the user; null where nothing was.</param>
    public sealed record Parts(string[] Scored, string[] Shown, string? Note);

    /// <summary>Divides files: the part that the task itself names is asked about, else test, validation, what belongs to no part, or, where there is nothing else, training.</summary>
    /// <param name="task">The task.</param>
    /// <param name="files">All files, by full paths.</param>
    /// <param name="folder">Where they were looked for: names above it say nothing.</param>
    public static Parts Of(TaskDefinition task, string[] files, string folder)
    {
        ILookup<string, string> byPart = files.ToLookup(file => PartOf(Path.GetRelativePath(folder, file)));
        string? own = task.Data.Where(name => name.StartsWith(HubRepository.Scheme, StringComparison.Ordinal)).Select(PartOf).FirstOrDefault(part => part.Length > 0);
        string chosen = ((string?[])[own, Test, Validation, "", Train]).OfType<string>().First(byPart.Contains);
        string[] scored = [.. byPart[chosen]], shown = chosen == Train ? [] : [.. byPart[Train]];
        int left = files.Length - scored.Length;
        string[] others = [.. byPart.Where(part => part.Key != chosen).Select(part => part.Key.Length == 0 ? "files of no part" : part.Key)];
        return new Parts(scored, shown, left == 0 ? null
            : $"of {files.Length} files the {scored.Length} of the part '{(chosen.Length == 0 ? "of no name" : chosen)}' {(scored.Length == 1 ? "is" : "are")} asked about; left out: {string.Join(", ", others)}{(shown.Length > 0 ? ", of which train gives the examples that are shown" : "")}");
    }

    // The last word that names a part counts: train/0000.parquet, ARC-Easy-Test.jsonl, a.valid.tsv.
    private static string PartOf(string name)
    {
        string word = Words().Matches(name).Select(match => match.Value.ToLowerInvariant()).LastOrDefault(word => word is "train" or "training" or "valid" or "validation" or "val" or "dev" or "test") ?? "";
        return word switch { "train" or "training" => Train, "test" => Test, "" => "", _ => Validation };
    }

    [GeneratedRegex("[A-Za-z]+", RegexOptions.CultureInvariant)]
    private static partial Regex Words();
}
