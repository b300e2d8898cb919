using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Kansformers.Text;

/// <summary>A regular expression of a tokenizer file, or a text given as it stands, that looks at characters and not at UTF-16 units.</summary>
internal sealed class TextPattern
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Regex _regex;

    private TextPattern(string source, string pattern, RegexOptions options) =>
        (Source, _regex) = (source, new Regex(pattern, options | RegexOptions.CultureInvariant, Limit));

    /// <summary>How the file writes it.</summary>
    public string Source { get; }

    /// <summary>A text that is found as it stands.</summary>
    public static TextPattern Literal(string text) => new(Regex.Escape(text), Regex.Escape(text), RegexOptions.None);

    /// <summary>A pattern as Oniguruma reads it, whose default syntax these files are written in.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="where">The place in the file, for a complaint.</param>
    public static TextPattern Oniguruma(string pattern, string where)
    {
        try
        {
            return new TextPattern(pattern, OnigurumaPattern.Translate(pattern), RegexOptions.Multiline);
        }
        catch (KansformersException failure)
        {
            throw new KansformersException($"{where}: the pattern '{pattern}' {failure.Message}", failure);
        }
        catch (ArgumentException failure)
        {
            throw new KansformersException($"{where}: the pattern '{pattern}' is not one that .NET's regular expressions understand ({failure.Message.ReplaceLineEndings(" ").TrimEnd('.')})", failure);
        }
    }

    /// <summary>Where it matches, in order; a match may be empty, but not right after another.</summary>
    public List<(int Start, int End)> Matches(string text)
    {
        // Patterns see UTF-16 units. A character beyond them is shown to the pattern as one of its category that is a single unit, and found again by place.
        int[]? places = null;
        if (text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
            (text, places) = Flatten(text);
        List<(int Start, int End)> matches = [];
        int last = -1;
        try
        {
            foreach (ValueMatch match in _regex.EnumerateMatches(text))
            {
                (int start, int end) = (match.Index, match.Index + match.Length);
                if (start == end && end == last)
                    continue;
                matches.Add(places is null ? (start, end) : (places[start], places[end]));
                last = end;
            }
        }
        catch (RegexMatchTimeoutException failure)
        {
            throw new KansformersException($"the tokenizer's pattern '{Source}' takes too long on this text; use a simpler one", failure);
        }

        return matches;
    }

    private static (string Text, int[] Places) Flatten(string text)
    {
        StringBuilder flat = new(text.Length);
        List<int> places = [];
        int at = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            places.Add(at);
            flat.Append(rune.IsBmp ? (char)rune.Value : StandIn(rune));
            at += rune.Utf16SequenceLength;
        }

        places.Add(at);
        return (flat.ToString(), [.. places]);
    }

    private static char StandIn(Rune rune) => Rune.GetUnicodeCategory(rune) switch
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
        UnicodeCategory.OtherSymbol when CharacterKinds.IsWord(rune) => '\u24B6',
        _ => '\u00A6',
    };
}
