using Kansformers.Text;

namespace Kansformers.Evaluation;

/// <summary>The tables that tasks are read from.</summary>
internal static class TaskTables
{
    private const string Parquet = ".parquet";

    /// <summary>The rows of a table: <c>.jsonl</c>, <c>.csv</c>, <c>.tsv</c>, packed or not, or <c>.parquet</c>.</summary>
    /// <exception cref="KansformersException">It cannot be read; the message names the line.</exception>
    public static IEnumerable<TaskRecord> Read(string path) =>
        (CorpusFiles.FormatOf(path) == Parquet ? Columns(path) : RecordFile.Read(path, null, keepsNested: true)).Select(row => new TaskRecord(row, path));

    /// <summary>Whether a file is a table, by its ending.</summary>
    public static bool IsOne(string path) => RecordFile.IsOne(path) || CorpusFiles.FormatOf(path) == Parquet;

    /// <summary>A file's name without its endings.</summary>
    public static string NameOf(string path)
    {
        string name = Path.GetFileName(path);
        return Path.GetFileNameWithoutExtension(SourceStream.IsPacked(name) ? Path.GetFileNameWithoutExtension(name) : name);
    }

    // Columns of text alone: numbers, lists and objects of Parquet are not read.
    private static IEnumerable<TableRecord> Columns(string path)
    {
        ParquetReader[] readers = [];
        try
        {
            using (ParquetReader first = new(path))
                readers = [.. first.Footer.Columns.Where(column => column.IsText && !column.Name.Contains('.', StringComparison.Ordinal)).Select(_ => new ParquetReader(path))];
            ParquetColumn[] columns = readers.Length == 0 ? [] : [.. readers[0].Footer.Columns.Where(column => column.IsText && !column.Name.Contains('.', StringComparison.Ordinal))];
            for (long row = 1; columns.Length > 0; row++)
            {
                Dictionary<string, string?> values = new(StringComparer.Ordinal);
                for (int i = 0; i < columns.Length; i++)
                {
                    if (!readers[i].Next(columns[i], out string text))
                        yield break;
                    values[columns[i].Name] = text;
                }

                yield return new TableRecord(path, row, values);
            }
        }
        finally
        {
            foreach (ParquetReader reader in readers)
                reader.Dispose();
        }
    }
}
