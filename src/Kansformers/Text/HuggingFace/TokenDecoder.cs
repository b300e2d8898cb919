using System.Globalization;
using System.Text;

namespace Kansformers.Text;

/// <summary>Gives the bytes of text that a token stands for, which may be others at the start of a text.</summary>
internal abstract class TokenDecoder
{
    public abstract byte[] Decode(string token, bool atStart);

    /// <summary>Whether a token begins a word; null where that cannot be told.</summary>
    public virtual bool? BeginsWord(string token) => null;

    protected static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}

/// <summary>Tokens are bytes, written as characters that print.</summary>
internal sealed class ByteTokenDecoder : TokenDecoder
{
    public override byte[] Decode(string token, bool atStart) => ByteCharacters.TryBytes(token) ?? Utf8(token);

    public override bool? BeginsWord(string token) => Decode(token, atStart: false) is [(byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t', ..];
}

/// <summary>Tokens are words, with spaces between them.</summary>
internal sealed class WordDecoder : TokenDecoder
{
    public override byte[] Decode(string token, bool atStart) => Utf8(atStart ? token : $" {token}");

    public override bool? BeginsWord(string token) => true;
}

/// <summary>A token with the prefix goes on with a word, others begin one; where asked for, no space stands before a mark.</summary>
internal sealed class WordPieceDecoder(string prefix, bool cleanUp) : TokenDecoder
{
    private static readonly (string Before, string After)[] Unspaced =
    [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ];

    public override bool? BeginsWord(string token) => prefix.Length == 0 ? null : !token.StartsWith(prefix, StringComparison.Ordinal);

    public override byte[] Decode(string token, bool atStart)
    {
        string text = atStart ? token : prefix.Length > 0 && token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..] : $" {token}";
        if (cleanUp)
        {
            foreach ((string before, string after) in Unspaced)
                text = text.Replace(before, after, StringComparison.Ordinal);
        }

        return Utf8(text);
    }
}

/// <summary>A mark that prints stands for a space, and for none at the start.</summary>
internal sealed class MetaspaceDecoder(char mark, bool dropAtStart) : TokenDecoder
{
    public override byte[] Decode(string token, bool atStart) =>
        Utf8(atStart && dropAtStart ? token.Replace(mark.ToString(), "", StringComparison.Ordinal) : token.Replace(mark, ' '));

    public override bool? BeginsWord(string token) => token.StartsWith(mark);
}

/// <summary>Replaces texts, reads tokens like <c>&lt;0xE2&gt;</c> as bytes, and takes characters from the start of the text.</summary>
internal sealed class SteppedDecoder((string Pattern, string Content)[] replacements, bool byteFallback, char stripped, int strippedAtStart) : TokenDecoder
{
    public override byte[] Decode(string token, bool atStart)
    {
        foreach ((string pattern, string content) in replacements)
            token = token.Replace(pattern, content, StringComparison.Ordinal);
        if (byteFallback && token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
            && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
            return [value];
        for (int i = 0; atStart && i < strippedAtStart && token.StartsWith(stripped); i++)
            token = token[1..];
        return Utf8(token);
    }
}
