using System.Globalization;
using System.Text;

namespace Kansformers.Text;

/// <summary>
/// A set of characters on its way from Oniguruma to .NET, which has neither sets in sets nor all of their unions: items that a .NET class can
/// hold, or else a pattern that matches one character.
/// </summary>
internal readonly record struct CharacterSet(string? Items, string Pattern)
{
    /// <summary>What Oniguruma calls a word: what is alphabetic, marks, digits and connectors. .NET's <c>\w</c> is less.</summary>
    public const string Word = @"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\u24B6-\u24E9";

    public const string HexDigits = "0-9A-Fa-f";

    public static CharacterSet Of(string items) => new(items, $"[{items}]");

    public static string Literal(int character) => string.Create(CultureInfo.InvariantCulture, $"\\u{character:X4}");

    /// <summary>All characters that are not in it.</summary>
    public CharacterSet Complement() => new(null, Items is null ? $"(?:(?!{Pattern})[\\s\\S])" : $"[^{Items}]");

    /// <summary>The characters that are in both.</summary>
    public CharacterSet And(CharacterSet other) => new(null, $"(?:(?={Pattern}){other.Pattern})");

    /// <summary>The characters that are in any.</summary>
    public static CharacterSet Union(IReadOnlyList<CharacterSet> sets)
    {
        StringBuilder items = new();
        List<string> others = [];
        foreach (CharacterSet set in sets)
        {
            if (set.Items is null)
                others.Add(set.Pattern);
            else
                items.Append(set.Items);
        }

        if (others.Count == 0)
            return Of(items.ToString());
        if (items.Length > 0)
            others.Insert(0, $"[{items}]");
        return others.Count == 1 ? new(null, others[0]) : new(null, $"(?:{string.Join('|', others)})");
    }

    /// <summary>The set that a POSIX bracket names, such as <c>digit</c>; null where it is not the same in .NET.</summary>
    public static CharacterSet? Named(string name) => name switch
    {
        "digit" => Of(@"\p{Nd}"),
        "space" => Of(@"\s"),
        "word" => Of(Word),
        "cntrl" => Of(@"\p{Cc}"),
        "blank" => Of(@"\p{Zs}\t"),
        "xdigit" => Of(HexDigits),
        "ascii" => Of(@"\u0000-\u007F"),
        _ => null,
    };
}
