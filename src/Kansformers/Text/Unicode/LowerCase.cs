using System.Globalization;
using System.Text;

namespace Kansformers.Text;

/// <summary>Lower-casing as programs without a language do it, the same with and without ICU.</summary>
internal static class LowerCase
{
    private const int DottedCapitalI = 0x130, CapitalSigma = 0x3A3;

    /// <summary>The lower case of a text.</summary>
    /// <param name="text">Text without lone surrogates.</param>
    /// <param name="finalSigma">Whether a capital sigma that ends a word becomes a final one, as in Python; the tokenizers of Hugging Face look at each character alone.</param>
    public static string Of(string text, bool finalSigma)
    {
        if (Ascii.IsValid(text))
            return string.Create(text.Length, text, (result, source) => Ascii.ToLower(source, result, out _));
        UnicodeTables tables = UnicodeTables.Instance;
        StringBuilder result = new(text.Length);
        int at = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.Value == DottedCapitalI)
                result.Append("i\u0307");
            else if (rune.Value == CapitalSigma && finalSigma && EndsWord(text, at))
                result.Append('\u03C2');
            else
                result.Append(new Rune(tables.ToLower(rune.Value)));
            at += rune.Utf16SequenceLength;
        }

        return result.ToString();
    }

    // The Unicode Standard's Final_Sigma: a cased letter before it and none after it, marks and the like passed over.
    private static bool EndsWord(string text, int at)
    {
        int before = at;
        Rune rune = default;
        while (before > 0)
        {
            Rune.DecodeLastFromUtf16(text.AsSpan(0, before), out rune, out int width);
            before -= width;
            if (!IsPassedOver(rune))
                break;
            rune = default;
        }

        if (!IsCased(rune))
            return false;
        for (int after = at + 1; after < text.Length; after += rune.Utf16SequenceLength)
        {
            rune = Rune.GetRuneAt(text, after);
            if (!IsPassedOver(rune))
                return !IsCased(rune);
        }

        return true;
    }

    private static bool IsCased(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
        || rune.Value is 0xAA or 0xBA or (>= 0x2160 and <= 0x217F) or (>= 0x24B6 and <= 0x24E9);

    private static bool IsPassedOver(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol
        || rune.Value is '\'' or '.' or ':' or 0xB7 or 0x387 or 0x55F or 0x5F4 or 0x2018 or 0x2019 or 0x2024 or 0x2027 or 0xFE13 or 0xFE52 or 0xFE55 or 0xFF07 or 0xFF0E or 0xFF1A;
}
