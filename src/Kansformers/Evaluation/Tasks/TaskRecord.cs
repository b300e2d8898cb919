using System.Text.Json;
using Kansformers.Text;

namespace Kansformers.Evaluation;

/// <summary>A row of a table, whose fields may be lists and objects.</summary>
/// <param name="Row">The row.</param>
/// <param name="File">The file that it is in.</param>
internal sealed record TaskRecord(TableRecord Row, string File)
{
    private readonly Dictionary<string, JsonElement> _parsed = new(StringComparer.Ordinal);

    /// <summary>Where it is, for messages.</summary>
    public string Place => FormattableString.Invariant($"'{File}' {Row.Unit} {Row.Line}");

    /// <summary>The names of its fields.</summary>
    public IEnumerable<string> Names => Row.Values.Keys;

    /// <summary>Whether it has a field, or an object with one: <c>choices.text</c>.</summary>
    public bool Has(string path) => Row.Values.ContainsKey(path.Split('.')[0]) && Find(path) is not null;

    /// <summary>The text of a field; a number or truth value as it is written.</summary>
    /// <param name="path">The field, or one within objects: <c>choices.text</c>.</param>
    /// <exception cref="KansformersException">There is none, or it is a list or an object.</exception>
    public string Text(string path)
    {
        JsonElement value = Value(path);
        return TextOf(value) ?? throw new KansformersException($"{Place} holds {(value.ValueKind == JsonValueKind.Null ? "nothing" : "a list or an object")} in '{path}', where a text is wanted");
    }

    /// <summary>The texts of a field that is a list.</summary>
    /// <param name="path">The field.</param>
    /// <exception cref="KansformersException">There is none, or it is something else.</exception>
    public IReadOnlyList<string> List(string path)
    {
        JsonElement value = Value(path);
        if (value.ValueKind != JsonValueKind.Array)
            throw new KansformersException($"{Place} holds no list in '{path}', where a list of texts is wanted");
        return [.. value.EnumerateArray().Select(entry => TextOf(entry) ?? throw new KansformersException($"{Place} holds something else than texts in the list '{path}'"))];
    }

    /// <summary>Whether a field is a list.</summary>
    public bool IsList(string path) => Find(path)?.ValueKind == JsonValueKind.Array;

    private static string? TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => null,
    };

    private JsonElement Value(string path) => Find(path)
        ?? throw new KansformersException($"{Place} has no field '{path}', which the task asks for: it has {string.Join(", ", Names.Select(name => $"'{name}'"))}{(Row.Unit == "row" ? $"; {ParquetRows.Readable}" : "")}");

    private JsonElement? Find(string path)
    {
        string[] steps = path.Split('.');
        if (!Row.Values.TryGetValue(steps[0], out string? text))
            return null;
        if (!_parsed.TryGetValue(steps[0], out JsonElement value))
            _parsed[steps[0]] = value = Parse(text is not null && Row.Nested.Contains(steps[0]) ? text : JsonSerializer.Serialize(text));
        foreach (string step in steps.Skip(1))
        {
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(step, out value))
                return null;
        }

        return value;
    }

    private static JsonElement Parse(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
