namespace Kansformers.Text;

/// <summary>
/// GPT-2's words, or none at all; with a space before a text that has none. That the words are encoded byte by byte is the encoder's affair.
/// </summary>
internal sealed class BytePreTokenizer(bool addPrefixSpace, bool splitWords) : PreTokenizer
{
    public bool AddsPrefixSpace => addPrefixSpace;

    public override bool SplitsAtSpaces => splitWords;

    public override bool KeepsText => !addPrefixSpace;

    public override void Split(Piece piece, List<Piece> output)
    {
        if (addPrefixSpace && !piece.Text.Span.StartsWith(' '))
            piece = piece.With($" {piece.Text.Span}".AsMemory());
        if (!splitWords)
        {
            output.Add(piece);
            return;
        }

        for (int at = 0; at < piece.Text.Length;)
        {
            int length = Gpt2Words.NextLength(piece.Text.Span[at..]);
            output.Add(piece.Slice(at, at + length));
            at += length;
        }
    }
}
