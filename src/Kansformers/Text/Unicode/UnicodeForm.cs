using System.Text;

namespace Kansformers.Text;

/// <summary>Unicode's normalization forms by our own tables (Unicode Standard Annex 15), the same with and without ICU.</summary>
internal static class UnicodeForm
{
    private const int SyllableBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7;
    private const int Leads = 19, Vowels = 21, Tails = 28, Syllables = Leads * Vowels * Tails;

    /// <summary>NFC, NFD, NFKC or NFKD of a text without lone surrogates.</summary>
    public static string Normalize(string text, bool compose, bool compatible)
    {
        // Below these nothing decomposes; and what is below U+0300 is composed already.
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', compose && !compatible ? '\u02FF' : compatible ? '\u009F' : '\u00BF'))
            return text;
        List<int> characters = Decompose(text, compatible);
        Order(characters);
        if (compose)
            Compose(characters);
        StringBuilder result = new(text.Length);
        foreach (int value in characters)
            result.Append(new Rune(value));
        return result.ToString();
    }

    private static List<int> Decompose(string text, bool compatible)
    {
        UnicodeTables tables = UnicodeTables.Instance;
        List<int> characters = new(text.Length + 16);
        foreach (Rune rune in text.EnumerateRunes())
        {
            int syllable = rune.Value - SyllableBase;
            if (syllable is >= 0 and < Syllables)
            {
                characters.Add(LeadBase + (syllable / (Vowels * Tails)));
                characters.Add(VowelBase + (syllable / Tails % Vowels));
                if (syllable % Tails > 0)
                    characters.Add(TailBase + (syllable % Tails));
            }
            else if (rune.Value >= 0x80 && tables.Decomposition(rune.Value, compatible) is { } parts)
            {
                characters.AddRange(parts);
            }
            else
            {
                characters.Add(rune.Value);
            }
        }

        return characters;
    }

    /// <summary>Sorts each run of combining marks by class; marks of one class keep their order.</summary>
    private static void Order(List<int> characters)
    {
        UnicodeTables tables = UnicodeTables.Instance;
        for (int start = 0; start < characters.Count; start++)
        {
            if (characters[start] < 0x300 || tables.CombiningClass(characters[start]) == 0)
                continue;
            int end = start + 1;
            while (end < characters.Count && tables.CombiningClass(characters[end]) != 0)
                end++;
            if (end - start > 1)
            {
                int[] sorted = [.. characters[start..end].OrderBy(value => tables.CombiningClass(value))];
                for (int i = 0; i < sorted.Length; i++)
                    characters[start + i] = sorted[i];
            }

            start = end;
        }
    }

    private static void Compose(List<int> characters)
    {
        UnicodeTables tables = UnicodeTables.Instance;
        int starter = -1, kept = 0;
        byte before = 0;
        for (int i = 0; i < characters.Count; i++)
        {
            int value = characters[i];
            byte rank = value < 0x300 ? (byte)0 : tables.CombiningClass(value);
            // A mark is blocked from its starter by one of the same or a higher class between them; a starter by any mark.
            bool adjacent = starter >= 0 && starter == kept - 1;
            if (starter >= 0 && (adjacent || (rank != 0 && before < rank)) && Pair(tables, characters[starter], value) is int composed and >= 0)
            {
                characters[starter] = composed;
                continue;
            }

            if (rank == 0)
                starter = kept;
            before = rank;
            characters[kept++] = value;
        }

        characters.RemoveRange(kept, characters.Count - kept);
    }

    private static int Pair(UnicodeTables tables, int first, int second)
    {
        if (first is >= LeadBase and < LeadBase + Leads && second is >= VowelBase and < VowelBase + Vowels)
            return SyllableBase + ((((first - LeadBase) * Vowels) + second - VowelBase) * Tails);
        bool open = first is >= SyllableBase and < SyllableBase + Syllables && (first - SyllableBase) % Tails == 0;
        return open && second is > TailBase and < TailBase + Tails ? first + second - TailBase : tables.Composition(first, second);
    }
}
