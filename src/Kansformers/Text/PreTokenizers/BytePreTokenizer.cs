namespace Kansformers.Text;

/// <summary>
/// GPT-2's words, or none at all; with a space before a text that has none. That the words are encoded byte by byte is the encoder's affair.
/// </summary>
internal sealed class BytePreTokenizer(bool addPrefixSpace, bool splitWords) : PreTokenizer
{
    public bool AddsPrefixSpace => addPrefixSpace;

    public override bool SplitsAtSpaces => splitWords;

    public override void Split(Piece piece, List<Piece> output)
    {
        ReadOnlyMemory<char> text = piece.Text;
        if (addPrefixSpace && !text.Span.StartsWith(' '))
            text = $" {text.Span}".AsMemory();
        if (!splitWords)
        {
            output.Add(new Piece(text, piece.AtStart));
            return;
        }

        for (bool start = piece.AtStart; text.Length > 0; start = false)
        {
            int length = Gpt2Words.NextLength(text.Span);
            output.Add(new Piece(text[..length], start));
            text = text[length..];
        }
    }
}
