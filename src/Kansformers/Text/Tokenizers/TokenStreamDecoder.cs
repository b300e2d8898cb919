using System.Text;

namespace Kansformers.Text;

/// <summary>
/// Turns tokens into text as they come. A character that is spread over several tokens is given out when its last byte is there,
/// so no part ends inside a character or a surrogate pair; all parts together are what <see cref="Tokenizer.Decode"/> gives.
/// </summary>
/// <param name="tokenizer">The tokenizer of the tokens.</param>
/// <param name="continues">Whether the tokens go on with a text, so that the first may begin with the space between two words.</param>
internal sealed class TokenStreamDecoder(Tokenizer tokenizer, bool continues = false)
{
    private bool _atStart = !continues;

    // Holds back the bytes of an unfinished character.
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private char[] _characters = new char[64];

    /// <summary>The text that a token completes; empty while a character is unfinished.</summary>
    /// <param name="id">The next token.</param>
    /// <returns>The text, in whole characters.</returns>
    /// <exception cref="KansformersException">The vocabulary has no such id.</exception>
    public string Append(int id)
    {
        ReadOnlySpan<byte> bytes = _atStart ? tokenizer.BytesAtStart(id) : tokenizer.BytesOf(id);
        _atStart = false;
        return Decode(bytes, flush: false);
    }

    /// <summary>Ends the text: U+FFFD when a character was left unfinished, else nothing. The decoder may then be used anew.</summary>
    /// <returns>The rest of the text.</returns>
    public string Flush()
    {
        _atStart = !continues;
        return Decode([], flush: true);
    }

    private string Decode(ReadOnlySpan<byte> bytes, bool flush)
    {
        int most = Encoding.UTF8.GetMaxCharCount(bytes.Length + 4);
        if (_characters.Length < most)
            _characters = new char[most];
        return new string(_characters, 0, _decoder.GetChars(bytes, _characters, flush));
    }
}
