using System.Text;
using System.Text.Json;

namespace Kansformers.Text;

/// <summary>A row of a table.</summary>
/// <param name="Line">The line that it begins in.</param>
/// <param name="Values">The values of its columns as text; null of those that are null, or hold a list or an object.</param>
internal readonly record struct TableRecord(long Line, IReadOnlyDictionary<string, string?> Values)
{
    /// <summary>The columns that hold a list or an object; their values are null, or, where that was asked for, its JSON.</summary>
    public IReadOnlyList<string> Nested { get; init; } = [];
}

/// <summary>Reads tables of any columns row by row: <c>.csv</c>, <c>.tsv</c> and <c>.jsonl</c>, packed or not.</summary>
internal static class RecordFile
{
    /// <summary>The endings that tables have, in words.</summary>
    public const string Kinds = ".csv, .tsv or .jsonl";

    /// <summary>Whether a file is a table that can be read, by its ending.</summary>
    public static bool IsOne(string path) => CorpusFiles.FormatOf(path) is ".csv" or ".tsv" or ".jsonl" or ".ndjson" or ".json";

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
            yield return new TableRecord(records.Line, values);
        }
    }

    private static IEnumerable<TableRecord> Lines(string path, bool keepsNested)
    {
        using ByteWindow window = new(path);
        JsonShape.RequireLines(path, window.Content);
        for (long line = 1; JsonLinesFile.Length(window, line) is int length; line++)
        {
            if (!JsonLinesFile.IsBlank(window.Content[..length]))
                yield return JsonLinesFile.Checked(path, window.Content[..length], line, window.Offset, bytes => Fields(bytes, keepsNested)) with { Line = line };
            window.Advance(Math.Min(length + 1, window.Content.Length));
        }
    }

    private static TableRecord Fields(ReadOnlySpan<byte> json, bool keepsNested)
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
        return new TableRecord(0, values) { Nested = nested };
    }
}
