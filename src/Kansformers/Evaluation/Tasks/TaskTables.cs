using System.Text.RegularExpressions;
using Kansformers.Text;

namespace Kansformers.Evaluation;

/// <summary>The tables that tasks are read from.</summary>
internal static partial class TaskTables
{
    /// <summary>The rows of a table: <c>.jsonl</c>, <c>.csv</c>, <c>.tsv</c>, packed or not, or <c>.parquet</c>.</summary>
    /// <exception cref="KansformersException">It cannot be read; the message names the line.</exception>
    public static IEnumerable<TaskRecord> Read(string path) =>
        RecordFile.Read(path, null, keepsNested: true).Select(row => new TaskRecord(row, path));

    /// <summary>Whether a file is a table, by its ending.</summary>
    public static bool IsOne(string path) => RecordFile.IsOne(path);

    /// <summary>A file's name without its endings.</summary>
    public static string NameOf(string path)
    {
        string name = Path.GetFileName(path);
        return Path.GetFileNameWithoutExtension(SourceStream.IsPacked(name) ? Path.GetFileNameWithoutExtension(name) : name);
    }

    /// <summary>The part of a task that a file holds: its name, without the number of a shard.</summary>
    public static string PartOf(string path) => Shard().Replace(NameOf(path), "");

    [GeneratedRegex("-[0-9]+-of-[0-9]+$", RegexOptions.CultureInvariant)]
    private static partial Regex Shard();
}
