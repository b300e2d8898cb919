using System.Text.Json;

namespace Kansformers.Text;

/// <summary>A row of a table: the values of its columns as text. What is null, or is a list or an object, is no text.</summary>
internal readonly record struct TableRecord(long Line, IReadOnlyDictionary<string, string?> Values);

/// <summary>Reads tables of any columns row by row: <c>.csv</c>, <c>.tsv</c> and <c>.jsonl</c>, packed or not.</summary>
internal static class RecordFile
{
    /// <summary>The endings that tables have, in words.</summary>
    public const string Kinds = ".csv, .tsv or .jsonl";

    /// <summary>Whether a file is a table that can be read, by its ending.</summary>
    public static bool IsOne(string path) => CorpusFiles.FormatOf(path) is ".csv" or ".tsv" or ".jsonl" or ".ndjson";

    /// <summary>The rows; blank lines are none.</summary>
    /// <exception cref="KansformersException">The file cannot be read, or a row is damaged; the message names its line.</exception>
    public static IEnumerable<TableRecord> Read(string path)
    {
        SourceFile.RequireContent(path);
        return CorpusFiles.FormatOf(path) switch
        {
            ".csv" => Separated(path, (byte)','),
            ".tsv" => Separated(path, (byte)'\t'),
            ".jsonl" or ".ndjson" => Lines(path),
            _ => throw new KansformersException($"'{path}' is no table with columns; give a {Kinds} file"),
        };
    }

    private static IEnumerable<TableRecord> Separated(string path, byte separator)
    {
        using CsvRecords records = new(path, separator);
        if (!records.Next())
            yield break;
        string[] names = [.. Enumerable.Range(0, records.Count).Select(records.Field)];
        if (names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw records.Bad($"two columns are called '{twice.Key}'; give each a name of its own");
        while (records.Next())
        {
            if (records.IsBlank && names.Length > 1)
                continue;
            if (records.Count != names.Length)
                throw records.Bad($"it has {records.Count} fields where the first record names {names.Length} columns; put fields with separators, quotes or line breaks in quotes");
            Dictionary<string, string?> values = new(names.Length, StringComparer.Ordinal);
            for (int i = 0; i < names.Length; i++)
                values.Add(names[i], records.Field(i));
            yield return new TableRecord(records.Line, values);
        }
    }

    private static IEnumerable<TableRecord> Lines(string path)
    {
        using ByteWindow window = new(path);
        JsonShape.RequireLines(path, window.Content);
        for (long line = 1; JsonLinesFile.Length(window, line) is int length; line++)
        {
            if (window.Content[..length].Trim(" \t\r"u8).Length > 0)
                yield return new TableRecord(line, Fields(path, window.Content[..length], line));
            window.Advance(Math.Min(length + 1, window.Content.Length));
        }
    }

    private static Dictionary<string, string?> Fields(string path, ReadOnlySpan<byte> json, long line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json.ToArray());
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new JsonException();
            Dictionary<string, string?> values = new(StringComparer.Ordinal);
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                values[property.Name] = property.Value.ValueKind switch
                {
                    JsonValueKind.String => property.Value.GetString(),
                    JsonValueKind.Number => property.Value.GetRawText(),
                    JsonValueKind.True => "true",
                    JsonValueKind.False => "false",
                    _ => null,
                };
            }

            return values;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw new KansformersException($"'{path}' line {line} is bad: it is not a JSON object on one line, in UTF-8", failure);
        }
    }
}
