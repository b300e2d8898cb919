using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Kansformers.Text;

/// <summary>Splits at the matches of a regular expression, or of a text given as it stands.</summary>
internal sealed class PatternSplitter(Regex pattern, SplitBehavior behavior, bool invert) : PreTokenizer
{
    // Patterns that are known to break before a space whatever stands around it. Of others nobody can tell.
    private static readonly string[] BreakBeforeSpaces =
    [
        @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    ];

    private readonly bool _known = BreakBeforeSpaces.Contains(pattern.ToString(), StringComparer.Ordinal) && behavior is SplitBehavior.Isolated or SplitBehavior.Removed;

    public override bool AllowsCuts => _known;

    public override bool SplitsAtSpaces => _known;

    public override void Split(Piece piece, List<Piece> output)
    {
        // Patterns see UTF-16 units. A character beyond them is shown to the pattern as one of its category that is a single unit, and found again by place.
        string text = piece.Text.ToString();
        int[]? places = null;
        if (text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
            (text, places) = Flatten(text);
        List<(int Start, int End)> matches = [];
        try
        {
            foreach (ValueMatch match in pattern.EnumerateMatches(text))
            {
                if (match.Length > 0)
                    matches.Add(places is null ? (match.Index, match.Index + match.Length) : (places[match.Index], places[match.Index + match.Length]));
            }
        }
        catch (RegexMatchTimeoutException failure)
        {
            throw new KansformersException($"the tokenizer's pattern '{pattern}' takes too long on this text; use a simpler one", failure);
        }

        Delimiters.Split(piece, invert ? Delimiters.Inverted(matches, piece.Text.Length) : matches, behavior, output);
    }

    private static (string Text, int[] Places) Flatten(string text)
    {
        StringBuilder flat = new(text.Length);
        List<int> places = [];
        int at = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            places.Add(at);
            flat.Append(rune.IsBmp ? (char)rune.Value : StandIn(Rune.GetUnicodeCategory(rune)));
            at += rune.Utf16SequenceLength;
        }

        places.Add(at);
        return (flat.ToString(), [.. places]);
    }

    private static char StandIn(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter => '\u0186',
        UnicodeCategory.LowercaseLetter => '\u0254',
        UnicodeCategory.ModifierLetter => '\u02B0',
        UnicodeCategory.OtherLetter => '\u05D0',
        UnicodeCategory.NonSpacingMark => '\u0300',
        UnicodeCategory.SpacingCombiningMark => '\u0903',
        UnicodeCategory.DecimalDigitNumber => '\u0660',
        UnicodeCategory.LetterNumber => '\u2160',
        UnicodeCategory.OtherNumber => '\u00B2',
        UnicodeCategory.Format => '\u200B',
        UnicodeCategory.DashPunctuation => '\u2010',
        UnicodeCategory.OtherPunctuation => '\u00A7',
        UnicodeCategory.MathSymbol => '\u2211',
        UnicodeCategory.CurrencySymbol => '\u20AC',
        UnicodeCategory.ModifierSymbol => '\u00A8',
        UnicodeCategory.PrivateUse => '\uE000',
        UnicodeCategory.OtherNotAssigned => '\u0378',
        _ => '\u00A6',
    };
}
