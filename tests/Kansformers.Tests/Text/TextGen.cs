using System.Text;
using CsCheck;

namespace Kansformers.Tests.Text;

/// <summary>Random Unicode text that is rich in the places where tokenizers go wrong.</summary>
internal static class TextGen
{
    private static readonly string[] Tricky =
    [
        " ", " ", "  ", "\n", "\r\n", "\t", "\u0085", "\u00A0", "\u180E", "\u2003", "\u2028", "\u3000", "\u001C", "\u200B",
        "'", "'s", "'ll", "'re", "'v", "'S", "don't", "<|endoftext|>", "<|", "a", "the", "Hello", "aaaaaaaa", "123", "4", "½", "Ⅷ", "٣",
        ".", "...", "!?", "é", "e\u0301", "你好", "안녕", "नमस्ते", "𝔘𝔫𝔦", "𝟙𝟚", "😀", "👨\u200D👩\u200D👧", "🇫🇷", "𐍈", "\uFEFF", "\0",
    ];

    private static readonly Gen<string> AnyRune =
        Gen.Int[0, 0x10FFFF].Where(Rune.IsValid).Select(value => new Rune(value).ToString());

    /// <summary>Valid Unicode text.</summary>
    public static readonly Gen<string> Valid =
        Gen.Frequency((6, Gen.Int[0, Tricky.Length - 1].Select(i => Tricky[i])), (1, AnyRune)).Array[0, 60].Select(string.Concat);

    /// <summary>Valid text without characters beyond U+FFFF, where encoders that use .NET patterns go wrong.</summary>
    public static readonly Gen<string> BasicPlane = Valid.Select(text => string.Concat(text.Where(c => !char.IsSurrogate(c))));

    /// <summary>Any UTF-16 units, lone surrogates too.</summary>
    public static readonly Gen<string> AnyUnits =
        Gen.Frequency((3, Gen.Int[0, Tricky.Length - 1].Select(i => Tricky[i])), (1, Gen.Char['\uD800', '\uDFFF'].Select(c => c.ToString()))).Array[0, 40].Select(string.Concat);
}
