using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Kansformers.Text;

/// <summary>
/// Splits text into the words of GPT-2, as its pattern
/// <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c> does over code points.
/// Written out because .NET's regular expressions see UTF-16 units, to which no letter beyond U+FFFF is a letter.
/// </summary>
internal static class Gpt2Words
{
    private const byte Other = 0, Letter = 1, Number = 2, Space = 3, Surrogate = 4;

    private static readonly byte[] Classes = ClassifyBasicPlane();

    /// <summary>The length in UTF-16 units of the first word of a text that is not empty.</summary>
    public static int NextLength(ReadOnlySpan<char> text)
    {
        char first = text[0];
        if (first == '\'' && ContractionLength(text) is int contraction and > 0)
            return contraction;

        int start = first == ' ' && text.Length > 1 ? 1 : 0;
        byte kind = ClassAt(text, start, out int width);
        if (kind == Space)
            return SpaceLength(text);

        int end = start + width;
        while (end < text.Length && ClassAt(text, end, out width) == kind)
            end += width;
        return end;
    }

    /// <summary>
    /// The largest place in (from, length) where the text is split whatever stands before and after it: where white space follows
    /// something else, or a run of letters or of numbers ends. Between white space and what follows it, and after a mark
    /// (which may be the apostrophe of a contraction), it depends on more than two characters.
    /// </summary>
    public static int FindCut(ReadOnlySpan<char> text, int from, bool onlyBeforeWhiteSpace)
    {
        if (text.Length < 2)
            return -1;
        int after = text.Length;
        byte next = ClassBefore(text, ref after);
        while (after > Math.Max(from, 0))
        {
            int at = after;
            byte kind = ClassBefore(text, ref after);
            if (kind != next && kind != Space && (next == Space || (kind != Other && !onlyBeforeWhiteSpace)))
                return at;
            next = kind;
        }

        return -1;
    }

    private static int ContractionLength(ReadOnlySpan<char> text)
    {
        if (text.Length < 2)
            return 0;
        switch (text[1])
        {
            case 's' or 't' or 'm' or 'd':
                return 2;
            case 'r' or 'v':
                return text.Length > 2 && text[2] == 'e' ? 3 : 0;
            case 'l':
                return text.Length > 2 && text[2] == 'l' ? 3 : 0;
            default:
                return 0;
        }
    }

    /// <summary>A run of white space leaves its last character to the word that follows, unless it has no other.</summary>
    private static int SpaceLength(ReadOnlySpan<char> text)
    {
        int end = 0;
        while (end < text.Length && Classes[text[end]] == Space)
            end++;
        return end == text.Length || end == 1 ? end : end - 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte ClassAt(ReadOnlySpan<char> text, int at, out int width)
    {
        width = 1;
        byte kind = Classes[text[at]];
        return kind == Surrogate ? ClassOfPair(text, at, out width) : kind;
    }

    private static byte ClassOfPair(ReadOnlySpan<char> text, int at, out int width)
    {
        width = 1;
        if (at + 1 >= text.Length || !char.IsSurrogatePair(text[at], text[at + 1]))
            return Other;
        width = 2;
        return Classify(char.ConvertToUtf32(text[at], text[at + 1]));
    }

    /// <summary>The class of the character that ends at a place, which moves to where the character starts.</summary>
    private static byte ClassBefore(ReadOnlySpan<char> text, ref int end)
    {
        bool pair = end > 1 && char.IsSurrogatePair(text[end - 2], text[end - 1]);
        end -= pair ? 2 : 1;
        return ClassAt(text, end, out _);
    }

    private static byte[] ClassifyBasicPlane()
    {
        byte[] classes = new byte[0x10000];
        for (int value = 0; value < classes.Length; value++)
            classes[value] = char.IsSurrogate((char)value) ? Surrogate : Classify(value);
        return classes;
    }

    private static byte Classify(int codePoint) => CharUnicodeInfo.GetUnicodeCategory(codePoint) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => Letter,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Number,
        // Unicode's White_Space, which \s means in the original, is what .NET calls white space too.
        _ => Rune.IsValid(codePoint) && Rune.IsWhiteSpace(new Rune(codePoint)) ? Space : Other,
    };
}
