using System.Globalization;

namespace Kansformers.Text;

/// <summary>Where in a corpus something is read.</summary>
/// <param name="File">The file.</param>
/// <param name="Row">The row of a table, from 1; null in a file that is one document.</param>
internal readonly record struct CorpusPlace(string File, long? Row)
{
    // Longer than special tokens are.
    private const int Overlap = 256;

    /// <summary>The first place of a corpus whose text is at fault, in words: <c>'a.jsonl' row 3</c> or <c>'a.txt' line 7</c>; the corpus where there is none to name.</summary>
    /// <param name="corpus">The corpus, which is read from its beginning.</param>
    /// <param name="isFault">Whether a text is at fault.</param>
    public static string Find(Corpus corpus, Func<string, bool> isFault)
    {
        CorpusTally tally = new();
        string before = ""; // the end of what was read of this document
        long lines = 0; // of the document before that
        string file = "";
        foreach (TextPiece piece in corpus.Read(tally))
        {
            if (tally.Place is not CorpusPlace place)
                break;
            if (piece.StartsLaterDocument || place.File != file)
                (before, lines, file) = ("", 0, place.File);
            string text = string.Concat(before, piece.Text.Span);
            if (isFault(text))
                return place.Row is long row ? Words(place.File, "row", row) : Words(place.File, "line", lines + 1 + LineIn(text, isFault));
            before = text[^Math.Min(text.Length, Overlap)..];
            if (before.Length > 0 && char.IsLowSurrogate(before[0]))
                before = before[1..];
            lines += text.AsSpan(0, text.Length - before.Length).Count('\n');
        }

        return $"the corpus {corpus.Description}";
    }

    private static int LineIn(string text, Func<string, bool> isFault) => Math.Max(0, Array.FindIndex(text.Split('\n'), line => isFault(line)));

    private static string Words(string file, string what, long number) => string.Create(CultureInfo.InvariantCulture, $"'{file}' {what} {number}");
}
