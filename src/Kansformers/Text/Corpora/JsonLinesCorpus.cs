using System.Text.Json;

namespace Kansformers.Text;

/// <summary>A <c>.jsonl</c> file: one JSON object a line, whose text field is a document. Blank lines are passed over.</summary>
internal sealed class JsonLinesCorpus(string path, string textField) : Corpus(Path.GetFileName(path), $"'{path}'")
{
    private readonly string _path = Path.GetFullPath(path);

    public override IReadOnlyList<string> Files => [_path];

    internal override string Identity => $"jsonl {textField}";

    private protected override IEnumerable<RawPiece> ReadRaw()
    {
        using FileStream stream = SourceFile.Open(_path);
        byte[] buffer = new byte[1 << 16];
        int held = 0;
        long line = 1, offset = 0; // of the buffer's first byte in the file
        for (bool final = false; !final;)
        {
            int fresh = SourceFile.Read(stream, buffer.AsSpan(held));
            int searched = held;
            held += fresh;
            final = held < buffer.Length;
            int start = 0;
            if (offset == 0 && buffer.AsSpan(0, held).StartsWith("\uFEFF"u8))
                start = searched = 3;
            while (true)
            {
                int length = buffer.AsSpan(searched, held - searched).IndexOf((byte)'\n');
                int end = length >= 0 ? searched + length : held;
                if (length < 0 && !final)
                    break;
                yield return new RawPiece(TextOf(buffer.AsSpan(start, end - start), line, offset + start), true, end - start + 1);
                line++;
                start = searched = Math.Min(end + 1, held);
                if (length < 0)
                    break;
            }

            // A line longer than the buffer makes it grow; whatever is left moves to the front.
            offset += start;
            held -= start;
            buffer.AsSpan(start, held).CopyTo(buffer);
            if (start == 0 && !final)
                Array.Resize(ref buffer, checked(buffer.Length * 2));
        }
    }

    private ReadOnlyMemory<char> TextOf(ReadOnlySpan<byte> json, long line, long offset)
    {
        if (json.Trim(" \t\r"u8).Length == 0)
            return default;
        int invalid = Utf8Validity.FirstInvalid(json);
        if (invalid >= 0)
            throw Bad(line, $"it is not valid UTF-8 at byte {offset + invalid} of the file");
        try
        {
            return (FindText(json) ?? throw Bad(line, $"it has no field '{textField}'; name the field that holds the text with --text-field")).AsMemory();
        }
        catch (JsonException failure)
        {
            throw Bad(line, "it is not a JSON object on one line", failure);
        }
        catch (InvalidOperationException failure)
        {
            throw Bad(line, $"its '{textField}' is not a text, or holds half a surrogate pair", failure);
        }
    }

    private string? FindText(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException();
        string? text = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool wanted = reader.ValueTextEquals(textField);
            reader.Read();
            if (wanted)
                text = reader.GetString() ?? throw new InvalidOperationException();
            else
                reader.Skip();
        }

        // To the end of the line, so that a second value on it is seen.
        while (reader.Read())
        {
        }

        return text;
    }

    private KansformersException Bad(long line, string why, Exception? inner = null) =>
        new($"'{_path}' line {line} is bad: {why}", inner);
}
