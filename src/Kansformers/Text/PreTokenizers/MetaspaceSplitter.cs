namespace Kansformers.Text;

/// <summary>Writes spaces as a mark that prints, puts one before the text, and begins a word at each.</summary>
internal sealed class MetaspaceSplitter(char mark, bool prepend, bool onlyAtStart, bool split) : PreTokenizer
{
    public override bool AllowsCuts => !prepend;

    public override bool SplitsAtSpaces => split;

    public override void Split(Piece piece, List<Piece> output)
    {
        string text = piece.Text.Span.ToString().Replace(' ', mark);
        if (prepend && text.Length > 0 && text[0] != mark && (piece.AtStart || !onlyAtStart))
            text = mark + text;
        Piece marked = piece.With(text.AsMemory());
        List<(int Start, int End)> marks = [];
        for (int at = 0; split && (at = text.IndexOf(mark, at)) >= 0; at++)
            marks.Add((at, at + 1));
        Delimiters.Split(marked, marks, SplitBehavior.MergedWithNext, output);
    }
}
