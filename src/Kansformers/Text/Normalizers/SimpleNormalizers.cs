using System.Globalization;
using System.Text;

namespace Kansformers.Text;

/// <summary>NFC, NFD, NFKC, NFKD.</summary>
internal sealed class FormNormalizer(bool compose, bool compatible) : CharacterNormalizer
{
    public override string Apply(string text) => UnicodeForm.Normalize(text, compose, compatible);
}

/// <summary>Lower case, each character by itself.</summary>
internal sealed class LowerCaseNormalizer : CharacterNormalizer
{
    public override string Apply(string text) => LowerCase.Of(text, finalSigma: false);
}

/// <summary>Takes away combining marks: all of them, or only those that take no room.</summary>
internal sealed class MarkStripper(bool nonSpacingOnly) : CharacterNormalizer
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

    protected override int[]? Align(string before, string after) =>
        pattern.Length == content.Length ? null : Alignment.OfReplacements(Places(before), content.Length, before.Length, after.Length);

    private IEnumerable<(int Start, int End)> Places(string text)
    {
        for (int at = 0; (at = text.IndexOf(pattern, at, StringComparison.Ordinal)) >= 0; at += pattern.Length)
            yield return (at, at + pattern.Length);
    }
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

    protected override int[]? Align(string before, string after) => Alignment.OfReplacements(pattern.Matches(before), content.Length, before.Length, after.Length);
}

/// <summary>Puts a text before every text that is not empty.</summary>
internal sealed class Prepender(string prefix) : TextNormalizer
{
    public override bool AllowsCuts => false;

    public override string Apply(string text) => text.Length == 0 ? text : prefix + text;

    protected override int[]? Align(string before, string after) => Alignment.OfShift(-prefix.Length, after.Length);
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

    protected override int[]? Align(string before, string after) => Alignment.OfShift(left ? before.Length - before.TrimStart().Length : 0, after.Length);
}
