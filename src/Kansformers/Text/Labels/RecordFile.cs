using System.Text;
using System.Text.Json;

namespace Kansformers.Text;

/// <summary>Reads tables of any columns row by row: <c>.csv</c>, <c>.tsv</c> and <c>.jsonl</c>, packed or not, and <c>.parquet</c>.</summary>
internal static class RecordFile
{
    /// <summary>The endings that tables have, in words.</summary>
    public const string Kinds = ".csv, .tsv, .jsonl or .parquet";

    /// <summary>Whether a file is a table that can be read, by its ending.</summary>
    public static bool IsOne(string path) => CorpusFiles.FormatOf(path) is ".csv" or ".tsv" or ".jsonl" or ".ndjson" or ".json" or ".parquet";

    /// <summary>The full path of a table that is there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What is read of it, for messages.</param>
    /// <param name="columns">What it must have.</param>
    /// <exception cref="KansformersException">There is no such file, or it is no table by its ending.</exception>
    public static string Require(string path, string what, string columns)
    {
        path = RequireThere(path, $"{what} are read from one {Kinds} file with {columns}");
        return IsOne(path) ? path : throw new KansformersException($"'{path}' is no table with {columns}; give a {Kinds} file");
    }

    /// <summary>The full path of a file that is there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="wanted">What is wanted, for the message.</param>
    /// <exception cref="KansformersException">There is no such file.</exception>
    public static string RequireThere(string path, string wanted)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return File.Exists(path) ? Path.GetFullPath(path)
            : throw new KansformersException($"{(Directory.Exists(path) ? $"'{path}' is a folder" : $"there is no file '{path}'")}; {wanted}");
    }

    /// <summary>The rows; blank lines are none.</summary>
    /// <param name="path">The file.</param>
    /// <param name="column">The column of the text when it is given: it may then have any name.</param>
    /// <param name="keepsNested">Whether lists and objects are wanted, as JSON.</param>
    /// <exception cref="KansformersException">The file cannot be read, or a row is damaged; the message names its line.</exception>
    public static IEnumerable<TableRecord> Read(string path, string? column, bool keepsNested = false)
    {
        SourceFile.RequireContent(path);
        return CorpusFiles.FormatOf(path) switch
        {
            ".csv" => Separated(path, (byte)',', column),
            ".tsv" => Separated(path, (byte)'\t', column),
            ".jsonl" or ".ndjson" or ".json" => Lines(path, keepsNested),
            ".parquet" => ParquetRows.Read(path),
            _ => throw new KansformersException($"'{path}' is no table with columns; give a {Kinds} file"),
        };
    }

    private static IEnumerable<TableRecord> Separated(string path, byte separator, string? column)
    {
        using CsvRecords records = new(path, separator);
        string[] names = records.Head();
        if (column is null)
            CsvFile.RequireSeparated(path, names, separator);
        if (names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw records.Bad($"two columns are called '{twice.Key}'; give each a name of its own");
        while (records.NextRow(names.Length))
        {
            records.RequireFields(names.Length);
            Dictionary<string, string?> values = new(names.Length, StringComparer.Ordinal);
            for (int i = 0; i < names.Length; i++)
                values.Add(names[i], records.Field(i));
            yield return new TableRecord(path, records.Line, values);
        }
    }

    private static IEnumerable<TableRecord> Lines(string path, bool keepsNested)
    {
        using ByteWindow window = new(path);
        JsonShape.RequireLines(path, window.Content);
        for (long line = 1; JsonLinesFile.Length(window, line) is int length; line++)
        {
            if (!JsonLinesFile.IsBlank(window.Content[..length]))
                yield return JsonLinesFile.Checked(path, window.Content[..length], line, window.Offset, bytes => Fields(path, bytes, keepsNested)) with { Line = line };
            window.Advance(Math.Min(length + 1, window.Content.Length));
        }
    }

    private static TableRecord Fields(string path, ReadOnlySpan<byte> json, bool keepsNested)
    {
        byte[]? copy = keepsNested ? json.ToArray() : null;
        List<string> nested = [];
        Dictionary<string, string?> values = new(StringComparer.Ordinal);
        JsonLinesFile.ForEachField(json, (ref Utf8JsonReader reader) =>
        {
            string name = reader.GetString()!;
            reader.Read();
            values[name] = reader.TokenType switch
            {
                JsonTokenType.String => reader.GetString(),
                JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan),
                JsonTokenType.True => "true",
                JsonTokenType.False => "false",
                _ => null,
            };
            nested.Remove(name); // of a key that comes twice the last counts
            if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
                nested.Add(name);
            int start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (copy is not null && values[name] is null && nested.Contains(name))
                values[name] = Encoding.UTF8.GetString(copy, start, (int)reader.BytesConsumed - start);
        });
        return new TableRecord(path, 0, values) { Nested = nested };
    }
}
