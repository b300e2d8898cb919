using System.Globalization;

namespace Kansformers.Text;

/// <summary>Reads what stands behind a backslash and means the same in a class and outside one.</summary>
internal static class OnigurumaEscape
{
    private static readonly string[] Categories =
    [
        "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
        "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Cs", "Co", "Cn",
    ];

    private static readonly Dictionary<string, string> LongNames = new()
    {
        ["letter"] = "L", ["uppercaseletter"] = "Lu", ["lowercaseletter"] = "Ll", ["titlecaseletter"] = "Lt", ["modifierletter"] = "Lm", ["otherletter"] = "Lo",
        ["mark"] = "M", ["nonspacingmark"] = "Mn", ["spacingmark"] = "Mc", ["enclosingmark"] = "Me",
        ["number"] = "N", ["decimalnumber"] = "Nd", ["letternumber"] = "Nl", ["othernumber"] = "No",
        ["punctuation"] = "P", ["symbol"] = "S", ["separator"] = "Z", ["spaceseparator"] = "Zs", ["other"] = "C", ["control"] = "Cc", ["format"] = "Cf",
    };

    /// <summary>The set of characters that an escape at a place stands for; null where it is no set, and the place then stays.</summary>
    public static CharacterSet? Set(string source, ref int at)
    {
        char kind = at + 1 < source.Length ? source[at + 1] : throw OnigurumaPattern.Refused("a backslash at its end");
        CharacterSet? set = kind switch
        {
            'w' => CharacterSet.Of(CharacterSet.Word),
            'W' => CharacterSet.Of(CharacterSet.Word).Complement(),
            'h' => CharacterSet.Of(CharacterSet.HexDigits),
            'H' => CharacterSet.Of(CharacterSet.HexDigits).Complement(),
            'd' or 'D' or 's' or 'S' => CharacterSet.Of($"\\{kind}"),
            _ => null,
        };
        if (set is null && kind is 'p' or 'P')
            return Property(source, ref at);
        if (set is not null)
            at += 2;
        return set;
    }

    /// <summary>The character that an escape at a place stands for.</summary>
    public static int Character(string source, ref int at)
    {
        int from = at;
        char kind = source[at + 1];
        (int value, int length) = kind switch
        {
            't' => ('\t', 2),
            'n' => ('\n', 2),
            'r' => ('\r', 2),
            'f' => ('\f', 2),
            'v' => ('\v', 2),
            'a' => ('\a', 2),
            'e' => ('\x1B', 2),
            'u' => Number(source, at + 2, 4, 4, 16),
            'x' when At(source, at + 2) == '{' && source.IndexOf('}', at) is int end and > 0 => Number(source, at + 3, 1, end - at - 3, 16) is var (code, past) && past == end - at ? (code, past + 1) : (-1, 0),
            'x' => Number(source, at + 2, 1, 2, 16),
            >= '0' and <= '7' => Number(source, at + 1, 1, 3, 8),
            _ => char.IsAsciiLetterOrDigit(kind) ? (-1, 0) : (kind, 2),
        };
        // A byte that is no character of its own is a part of one there.
        if (value is < 0 or > 0xFFFF or (>= 0xD800 and < 0xE000) || (value > 0x7F && kind is not 'u' && char.IsAsciiLetterOrDigit(kind) && At(source, at + 2) != '{'))
            throw OnigurumaPattern.Refused($"'{source.AsSpan(at, Math.Min(Math.Max(length, 2), source.Length - at))}' at character {at + 1}");
        at += length;
        return value;

        // Digits, as many as there are up to a number, and their length with what stands before them.
        (int, int) Number(string text, int start, int least, int most, int radix)
        {
            int end = start, number = 0;
            while (end < text.Length && end - start < Math.Min(most, 8) && char.IsAsciiHexDigit(text[end]) && Convert.ToInt32(text[end].ToString(), 16) < radix)
                number = (int)Math.Min((long)number * radix + int.Parse(text.AsSpan(end++, 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), 0x7FFFFFFF);
            return end - start >= least ? (number, end - from) : (-1, 0);
        }
    }

    private static char At(string source, int at) => at < source.Length ? source[at] : '\0';

    // \p{Lu}, \p{^Lu}, \P{Lu}, \p{Letter}
    private static CharacterSet Property(string source, ref int at)
    {
        int end = At(source, at + 2) == '{' ? source.IndexOf('}', at) : -1;
        if (end < 0)
            throw OnigurumaPattern.Refused($"'\\{source[at + 1]}' without a name in braces");
        string name = source[(at + 3)..end];
        bool not = source[at + 1] == 'P' ^ name.StartsWith('^');
        string plain = name.TrimStart('^').Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).ToLowerInvariant();
        string? category = LongNames.GetValueOrDefault(plain) ?? Array.Find(Categories, known => known.Equals(plain, StringComparison.OrdinalIgnoreCase));
        if (category is null && CharacterSet.Named(plain) is null)
            throw OnigurumaPattern.Refused($"the property '{name}'");
        at = end + 1;
        if (category is not null)
            return CharacterSet.Of($"\\{(not ? 'P' : 'p')}{{{category}}}");
        CharacterSet named = CharacterSet.Named(plain)!.Value;
        return not ? named.Complement() : named;
    }
}
