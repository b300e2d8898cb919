using System.Text.Json;

namespace Kansformers.Text;

/// <summary>JSON Lines: one JSON object a line, whose text field is a document. Blank lines are no rows; a text that is null is an empty one.</summary>
internal sealed class JsonLinesFile : DocumentFile
{
    private readonly string _field;

    private JsonLinesFile(string path, string field)
        : base(path) => _field = field;

    public override string Identity => $"jsonl {_field}";

    public override string Details => $"field '{_field}'";

    public static JsonLinesFile Open(string path, string? field)
    {
        path = System.IO.Path.GetFullPath(path);
        using (ByteWindow window = new(path))
            JsonShape.RequireLines(path, window.Content);
        return new JsonLinesFile(path, field ?? Find(path) ?? "text");
    }

    public override IEnumerable<RawPiece> Read()
    {
        using ByteWindow window = new(Path);
        for (long line = 1; Length(window, line) is int length; line++)
        {
            string? text = TextOf(window.Content[..length], line, window.Offset);
            window.Advance(Math.Min(length + 1, window.Content.Length));
            yield return new RawPiece(text.AsMemory(), text is not null, window.TakeSourceBytes());
        }
    }

    /// <summary>The length of the next line; null at the end of the file.</summary>
    private static int? Length(ByteWindow window, long line)
    {
        int searched = 0;
        while (true)
        {
            int at = window.Content[searched..].IndexOf((byte)'\n');
            if (at >= 0)
                return searched + at;
            searched = window.Content.Length;
            if (!window.More(line))
                return searched > 0 ? searched : null;
        }
    }

    // The fields of the first object stand for those of all; null when there is none.
    private static string? Find(string path)
    {
        using ByteWindow window = new(path);
        for (long line = 1; Length(window, line) is int length; line++)
        {
            ReadOnlySpan<byte> json = window.Content[..length];
            if (!IsBlank(json))
                return TextColumn.Choose(path, Checked(path, json, line, window.Offset, FieldsOf), null);
            window.Advance(Math.Min(length + 1, window.Content.Length));
        }

        return null;
    }

    /// <summary>The text of a line; null when it is blank.</summary>
    private string? TextOf(ReadOnlySpan<byte> json, long line, long offset) => IsBlank(json) ? null : Checked(Path, json, line, offset, FindText)
        ?? throw Bad(Path, line, $"it has no field '{_field}'; name the field that holds the text with --text-field: it has {string.Join(", ", FieldsOf(json).Take(30).Select(field => $"'{field.Name}'"))}");

    private static bool IsBlank(ReadOnlySpan<byte> json) => json.Trim(" \t\r"u8).Length == 0;

    private delegate T Reading<T>(ReadOnlySpan<byte> json);

    private static T Checked<T>(string path, ReadOnlySpan<byte> json, long line, long offset, Reading<T> read)
    {
        int invalid = Utf8Validity.FirstInvalid(json);
        if (invalid >= 0)
            throw Bad(path, line, $"it is not valid UTF-8 at byte {offset + invalid} of the file");
        try
        {
            return read(json);
        }
        catch (JsonException failure)
        {
            throw Bad(path, line, "it is not a JSON object on one line", failure);
        }
        catch (InvalidOperationException failure)
        {
            throw Bad(path, line, "its text or a name in it is not a text, or holds half a surrogate pair", failure);
        }
    }

    private string? FindText(ReadOnlySpan<byte> json)
    {
        string? text = null;
        ForEachField(json, _field, (ref Utf8JsonReader reader, string? _) => text = reader.GetString() ?? "");
        return text;
    }

    private static List<(string Name, bool IsText)> FieldsOf(ReadOnlySpan<byte> json)
    {
        List<(string, bool)> fields = [];
        ForEachField(json, null, (ref Utf8JsonReader reader, string? name) =>
        {
            // A text that is null here may be one in other lines.
            fields.Add((name!, reader.TokenType is JsonTokenType.String or JsonTokenType.Null));
            reader.Skip();
        });
        return fields;
    }

    private delegate void Visit(ref Utf8JsonReader reader, string? name);

    /// <summary>Visits the fields of one name, or all with their names; the visitor stands on the value.</summary>
    private static void ForEachField(ReadOnlySpan<byte> json, string? wanted, Visit visit)
    {
        // Depth is no danger to a reader that does not call itself, and the text may lie beside something deep.
        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = int.MaxValue });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string? name = wanted is null ? reader.GetString() : null;
            bool skip = wanted is not null && !reader.ValueTextEquals(wanted);
            reader.Read();
            if (skip)
                reader.Skip();
            else
                visit(ref reader, name);
        }

        // To the end of the line, so that a second value on it is seen.
        while (reader.Read())
        {
        }
    }

    private static KansformersException Bad(string path, long line, string why, Exception? inner = null) =>
        new($"'{path}' line {line} is bad: {why}", inner);
}
