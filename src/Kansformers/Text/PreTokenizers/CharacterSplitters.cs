using System.Text;

namespace Kansformers.Text;

/// <summary>What becomes of the places at which a text is split.</summary>
internal enum SplitBehavior
{
    /// <summary>They go.</summary>
    Removed,

    /// <summary>Each is a piece.</summary>
    Isolated,

    /// <summary>Each ends the piece before it.</summary>
    MergedWithPrevious,

    /// <summary>Each begins the piece after it.</summary>
    MergedWithNext,

    /// <summary>Those that touch are one piece.</summary>
    Contiguous,
}

/// <summary>White space goes; where asked for, every punctuation character stands alone, or a run of other characters than those of words does.</summary>
internal sealed class WhiteSpaceSplitter(bool isolatePunctuation, bool splitWords) : PreTokenizer
{
    public override bool SplitsAtSpaces => true;

    public override void Split(Piece piece, List<Piece> output)
    {
        ReadOnlySpan<char> text = piece.Text.Span;
        int start = 0;
        bool? word = null;
        for (int at = 0; at < text.Length;)
        {
            Rune.DecodeFromUtf16(text[at..], out Rune rune, out int width);
            bool isolated = isolatePunctuation && CharacterKinds.IsPunctuation(rune);
            if (isolated || Rune.IsWhiteSpace(rune))
            {
                Add(piece, start, at, output);
                if (isolated)
                    Add(piece, at, at + width, output);
                (start, word) = (at + width, null);
            }
            else if (splitWords)
            {
                bool isWord = CharacterKinds.IsWord(rune);
                if (word is bool before && before != isWord)
                {
                    Add(piece, start, at, output);
                    start = at;
                }

                word = isWord;
            }

            at += width;
        }

        Add(piece, start, text.Length, output);
    }
}

/// <summary>Splits at characters of a kind.</summary>
internal sealed class KindSplitter(Func<Rune, bool> isDelimiter, SplitBehavior behavior) : PreTokenizer
{
    public override bool KeepsText => behavior != SplitBehavior.Removed;

    public override void Split(Piece piece, List<Piece> output)
    {
        ReadOnlySpan<char> text = piece.Text.Span;
        List<(int Start, int End)> delimiters = [];
        int at = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (isDelimiter(rune))
                delimiters.Add((at, at + rune.Utf16SequenceLength));
            at += rune.Utf16SequenceLength;
        }

        Delimiters.Split(piece, delimiters, behavior, output);
    }
}
