using System.Globalization;
using System.Text;

namespace Kansformers.Text;

/// <summary>NFC, NFD, NFKC, NFKD.</summary>
internal sealed class FormNormalizer(bool compose, bool compatible) : TextNormalizer
{
    public override string Apply(string text) => UnicodeForm.Normalize(text, compose, compatible);
}

/// <summary>Lower case, each character by itself.</summary>
internal sealed class LowerCaseNormalizer : TextNormalizer
{
    public override string Apply(string text) => LowerCase.Of(text, finalSigma: false);
}

/// <summary>Takes away combining marks: all of them, or only those that take no room.</summary>
internal sealed class MarkStripper(bool nonSpacingOnly) : TextNormalizer
{
    public override string Apply(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', '\u02FF'))
            return text;
        StringBuilder result = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            UnicodeCategory category = Rune.GetUnicodeCategory(rune);
            if (category != UnicodeCategory.NonSpacingMark && (nonSpacingOnly || category is not (UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark)))
                result.Append(rune);
        }

        return result.ToString();
    }
}

/// <summary>Puts one text for another, which is given as it stands.</summary>
internal sealed class TextReplacer(string pattern, string content) : TextNormalizer
{
    // A space that becomes something else is no place to cut; a longer pattern might lie across one.
    public override bool AllowsCuts => pattern.Length == 1 && !char.IsWhiteSpace(pattern[0]);

    public override string Apply(string text) => text.Replace(pattern, content, StringComparison.Ordinal);
}

/// <summary>Puts a text for whatever matches a pattern.</summary>
internal sealed class PatternReplacer(TextPattern pattern, string content) : TextNormalizer
{
    public override bool AllowsCuts => false;

    public override string Apply(string text)
    {
        if (text.Length == 0)
            return text;
        StringBuilder result = new(text.Length);
        int done = 0;
        foreach ((int start, int end) in pattern.Matches(text))
        {
            result.Append(text, done, start - done).Append(content);
            done = end;
        }

        return result.Append(text, done, text.Length - done).ToString();
    }
}

/// <summary>Puts a text before every text that is not empty.</summary>
internal sealed class Prepender(string prefix) : TextNormalizer
{
    public override bool AllowsCuts => false;

    public override string Apply(string text) => text.Length == 0 ? text : prefix + text;
}

/// <summary>Takes white space from the ends.</summary>
internal sealed class SpaceStripper(bool left, bool right) : TextNormalizer
{
    public override bool AllowsCuts => false;

    public override string Apply(string text) => (left, right) switch
    {
        (true, true) => text.Trim(),
        (true, false) => text.TrimStart(),
        (false, true) => text.TrimEnd(),
        _ => text,
    };
}
