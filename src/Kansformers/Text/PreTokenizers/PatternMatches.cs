using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Kansformers.Text;

/// <summary>Where a pattern of a tokenizer file matches a text: by characters, though .NET's patterns see UTF-16 units.</summary>
internal static class PatternMatches
{
    /// <summary>The matches in their order, empty ones too.</summary>
    /// <exception cref="KansformersException">The pattern takes too long.</exception>
    public static List<(int Start, int End)> Of(Regex pattern, string text)
    {
        // A character beyond UTF-16 units is shown to the pattern as one of its category that is a single unit, and found again by place.
        int[]? places = null;
        if (text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
            (text, places) = Flatten(text);
        List<(int Start, int End)> matches = [];
        try
        {
            foreach (ValueMatch match in pattern.EnumerateMatches(text))
                matches.Add(places is null ? (match.Index, match.Index + match.Length) : (places[match.Index], places[match.Index + match.Length]));
        }
        catch (RegexMatchTimeoutException failure)
        {
            throw new KansformersException($"the tokenizer's pattern '{pattern}' takes too long on this text; use a simpler one", failure);
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
