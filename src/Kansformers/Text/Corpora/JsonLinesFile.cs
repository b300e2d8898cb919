using System.Text.Json;

namespace Kansformers.Text;

/// <summary>JSON Lines: one JSON object a line, whose text field is a document. Blank lines are no rows; a text that is null is an empty one.</summary>
internal sealed class JsonLinesFile : TableFile
{
    // Depth is no danger to a reader that does not call itself, and the text may lie beside something deep.
    private const int AnyDepth = int.MaxValue;

    private const string NoText = "its text or a name in it is not a text, or holds half a surrogate pair";

    private JsonLinesFile(string path, IReadOnlyList<CorpusColumn> columns)
        : base(path) => Columns = columns;

    /// <summary>The fields of the first rows; none when the field of the text is given, for then every row tells itself whether it has it.</summary>
    public override IReadOnlyList<CorpusColumn> Columns { get; }

    public override string Identity => $"jsonl {Column.Name}";

    public override string Details => $"field '{Column.Name}'";

    /// <summary>Looks at the beginning of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="field">The field of the text when it is given.</param>
    public static JsonLinesFile Open(string path, string? field)
    {
        path = System.IO.Path.GetFullPath(path);
        using (ByteWindow window = new(path))
            JsonShape.RequireLines(path, window.Content);
        return new JsonLinesFile(path, field is null ? FirstFields(path) : []);
    }

    public override long CountRows()
    {
        using ByteWindow window = new(Path);
        long rows = 0;
        for (long line = 1; Length(window, line) is int length; line++)
        {
            rows += IsBlank(window.Content[..length]) ? 0 : 1;
            window.Advance(Math.Min(length + 1, window.Content.Length));
        }

        return rows;
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
    internal static int? Length(ByteWindow window, long line)
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

    // As many rows as are needed to see one field that holds text, or that is called so.
    private static List<CorpusColumn> FirstFields(string path)
    {
        List<CorpusColumn> fields = [];
        using ByteWindow window = new(path);
        for (long line = 1; Length(window, line) is int length; line++)
        {
            ReadOnlySpan<byte> json = window.Content[..length];
            if (!IsBlank(json))
                fields = TextColumn.Merge(fields.Concat(Checked(path, json, line, window.Offset, FieldsOf)));
            if (fields.Exists(field => field.Content == ColumnContent.Text || (field.Content == ColumnContent.Unknown && TextColumn.IsUsual(field.Name))))
                break;
            window.Advance(Math.Min(length + 1, window.Content.Length));
        }

        return fields;
    }

    /// <summary>The text of a line; null when it is blank.</summary>
    private string? TextOf(ReadOnlySpan<byte> json, long line, long offset)
    {
        if (IsBlank(json))
            return null;
        (string? text, string? rival) = Checked(Path, json, line, offset, FindText);
        if (rival is not null)
            throw Bad(Path, line, $"it has a field '{rival}', while the rows before it left '{Column.Name}' for the field of the text; choose it with CorpusOptions.TextField");
        return text ?? throw Bad(Path, line, $"it has no field '{Column.Name}'; name the field that holds the text with CorpusOptions.TextField: it has {TextColumn.List(FieldsOf(json))}");
    }

    internal static bool IsBlank(ReadOnlySpan<byte> json) => json.Trim(" \t\r"u8).Length == 0;

    internal delegate T Reading<T>(ReadOnlySpan<byte> json);

    /// <summary>Reads a line, and tells what is wrong with one that cannot be read.</summary>
    internal static T Checked<T>(string path, ReadOnlySpan<byte> json, long line, long offset, Reading<T> read)
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
            bool cut = json.TrimEnd("\r"u8).Contains((byte)'\r');
            throw Bad(path, line, "it is not a JSON object on one line" + (cut ? ", and holds CR, which does not end a line here; convert it to LF" : ""), failure);
        }
        catch (InvalidOperationException failure)
        {
            throw Bad(path, line, NoText, failure);
        }
    }

    /// <summary>Reads a list or an object of a line that was read before, and tells what is wrong with a text in it.</summary>
    /// <param name="place">Where the line is, for messages.</param>
    /// <param name="json">The list or the object.</param>
    /// <param name="read">Reads it.</param>
    internal static T Nested<T>(string place, string json, Func<JsonElement, T> read)
    {
        // As deep as the line may be.
        using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = AnyDepth });
        try
        {
            return read(document.RootElement);
        }
        catch (InvalidOperationException failure)
        {
            throw new KansformersException($"{place} is bad: {NoText}", failure);
        }
    }

    private (string? Text, string? Rival) FindText(ReadOnlySpan<byte> json)
    {
        string? text = null, rival = null;
        ForEachField(json, (ref Utf8JsonReader reader) =>
        {
            if (reader.ValueTextEquals(Column.Name))
            {
                reader.Read();
                text = reader.GetString() ?? "";
                return;
            }

            string? name = Column.MayHaveRivals ? reader.GetString() : null;
            reader.Read();
            if (name is not null && Column.IsRival(name, ContentOf(reader.TokenType)))
                rival = name;
            reader.Skip();
        });
        return (text, rival);
    }

    private static List<CorpusColumn> FieldsOf(ReadOnlySpan<byte> json)
    {
        List<CorpusColumn> fields = [];
        ForEachField(json, (ref Utf8JsonReader reader) =>
        {
            string name = reader.GetString()!;
            reader.Read();
            fields.Add(new CorpusColumn(name, ContentOf(reader.TokenType)));
            reader.Skip();
        });
        return fields;
    }

    // A text that is null here may be one in other lines.
    private static ColumnContent ContentOf(JsonTokenType type) =>
        type == JsonTokenType.String ? ColumnContent.Text : type == JsonTokenType.Null ? ColumnContent.Unknown : ColumnContent.NoText;

    internal delegate void Visit(ref Utf8JsonReader reader);

    /// <summary>Visits the fields; the visitor stands on a name, and goes to the end of its value.</summary>
    internal static void ForEachField(ReadOnlySpan<byte> json, Visit visit)
    {
        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = AnyDepth });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            visit(ref reader);

        // To the end of the line, so that a second value on it is seen.
        while (reader.Read())
        {
        }
    }

    private static KansformersException Bad(string path, long line, string why, Exception? inner = null) =>
        new($"'{path}' line {line} is bad: {why}", inner);
}
