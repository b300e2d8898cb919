using System.Globalization;
using System.Text;

namespace Kansformers.Text;

/// <summary>Kinds of characters that tokenizers ask for. .NET carries the categories itself, so they do not depend on ICU.</summary>
internal static class CharacterKinds
{
    /// <summary>What <c>\w</c> means over all of Unicode: letters, marks, digits, connectors and joiners.</summary>
    public static bool IsWord(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter
            or UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
            or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation => true,
        UnicodeCategory.OtherSymbol => rune.Value is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189),
        _ => rune.Value is 0x200C or 0x200D,
    };

    /// <summary>A letter or number of any kind, which is what HF calls numeric too.</summary>
    public static bool IsNumber(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    /// <summary>BERT's punctuation: Unicode's, and every ASCII character that is neither letter, digit, space nor control.</summary>
    public static bool IsPunctuation(Rune rune) => rune.IsAscii
        ? rune.Value is (>= 33 and <= 47) or (>= 58 and <= 64) or (>= 91 and <= 96) or (>= 123 and <= 126)
        : Rune.GetUnicodeCategory(rune) is UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation
            or UnicodeCategory.ClosePunctuation or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.OtherPunctuation;

    /// <summary>The ideographs that BERT sets apart; not kana, not Hangul, and in Hugging Face's program not U+2B820 to U+2B91F.</summary>
    public static bool IsIdeograph(int value, bool original) => value is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF)
        or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F)
        || (original && value is >= 0x2B820 and <= 0x2B91F);

    /// <summary>A character for messages: as it stands, if it can be seen, and by its number.</summary>
    public static string Name(Rune rune) => Rune.IsControl(rune) || Rune.IsWhiteSpace(rune) ? $"U+{rune.Value:X4}" : $"'{rune}' (U+{rune.Value:X4})";

    /// <summary>Text in which every lone surrogate is U+FFFD, as it would be after a way through UTF-8.</summary>
    public static string WithoutLoneSurrogates(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAnyInRange('\uD800', '\uDFFF'))
            return text.ToString();
        StringBuilder result = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
            result.Append(rune);
        return result.ToString();
    }
}
