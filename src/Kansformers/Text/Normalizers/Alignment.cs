using System.Text;

namespace Kansformers.Text;

/// <summary>
/// Where the characters of a normalized text come from: entry i is how much of the text before is done with when i characters of the text behind are;
/// null where that is i itself. What a normalizer takes away is done with by the next character that stays.
/// </summary>
internal static class Alignment
{
    /// <summary>The alignment of two normalizations, one after the other.</summary>
    public static int[]? Then(int[]? first, int[]? second)
    {
        if (first is null || second is null)
            return first ?? second;
        int[] both = new int[second.Length];
        for (int i = 0; i < both.Length; i++)
            both[i] = first[second[i]];
        return both;
    }

    /// <summary>Of replacements at places in their order, each by a text of the same length.</summary>
    public static int[] OfReplacements(IEnumerable<(int Start, int End)> places, int contentLength, int length, int newLength)
    {
        int[] ends = new int[newLength + 1];
        int from = 0, to = 0;
        foreach ((int start, int end) in places)
        {
            while (from < start)
                ends[++to] = ++from;
            for (int i = 0; i < contentLength; i++)
                ends[++to] = end;
            from = end;
        }

        while (from < length)
            ends[++to] = ++from;
        return ends;
    }

    /// <summary>Of a text that lost characters from its ends, or won some before it.</summary>
    /// <param name="shift">Where the new text begins in the old one; negative when something was put before it.</param>
    /// <param name="newLength">The length of the new text.</param>
    public static int[] OfShift(int shift, int newLength)
    {
        int[] ends = new int[newLength + 1];
        for (int i = 0; i <= newLength; i++)
            ends[i] = i == 0 ? 0 : Math.Max(0, i + shift);
        return ends;
    }
}

/// <summary>Aligns what a normalizer does to each character by itself, or nearly so.</summary>
internal sealed class CharacterAligner(Func<string, string> normalize)
{
    // Of a character by itself, plus one; written by several threads, to the same values.
    private readonly byte[] _lengths = new byte[0x110000];

    /// <summary>See <see cref="Alignment"/>.</summary>
    public int[]? Align(string before, string after)
    {
        // One ASCII character becomes one, or is taken away.
        if (before.Length == after.Length && (Ascii.IsValid(before) || before == after))
            return null;
        int[] ends = new int[after.Length + 1];
        if (!ByCharacters(before, 0, after, 0, after.Length, ends))
            ByWords(before, after, ends);
        return ends;
    }

    private bool ByCharacters(ReadOnlySpan<char> before, int from, ReadOnlySpan<char> after, int to, int end, int[] ends)
    {
        for (int at = 0; at < before.Length;)
        {
            // What prints in ASCII becomes one character.
            int other = before[at..].IndexOfAnyExceptInRange(' ', '~'), plain = other < 0 ? before.Length - at : other;
            if (to + plain > end)
                return false;
            foreach (ref int place in ends.AsSpan(to + 1, plain))
                place = from + ++at;
            to += plain;
            if (at == before.Length)
                break;

            int length = LengthOf(before[at..], out Rune rune);
            if (to + length > end)
                return false;
            int done = from + at + rune.Utf16SequenceLength;
            bool seen = false;
            for (int i = 1; i <= length; i++)
            {
                // Spaces that are put around a character do not stand for it.
                seen |= i == length || !char.IsWhiteSpace(after[to]);
                ends[++to] = seen ? done : from + at;
            }

            if (length == 0 && !Rune.IsWhiteSpace(rune))
                ends[to] = done; // a mark goes with the character before it
            at += rune.Utf16SequenceLength;
        }

        return to == end;
    }

    private int LengthOf(ReadOnlySpan<char> text, out Rune rune)
    {
        Rune.DecodeFromUtf16(text, out rune, out _);
        if (_lengths[rune.Value] == 0)
            _lengths[rune.Value] = (byte)Math.Min(byte.MaxValue, normalize(rune.ToString()).Length + 1);
        return _lengths[rune.Value] - 1;
    }

    // Characters that compose with others: exact from word to word.
    private void ByWords(string before, string after, int[] ends)
    {
        int to = 0;
        for (int from = 0; from < before.Length;)
        {
            int space = before.IndexOf(' ', from + 1), next = space < 0 ? before.Length : space;
            string word = before[from..next];
            int length = word.AsSpan().ContainsAnyExceptInRange(' ', '~') ? normalize(word).Length : word.Length;
            int end = next == before.Length ? after.Length : Math.Min(after.Length, to + length);
            if (!ByCharacters(word, from, after, to, end, ends))
            {
                for (int i = to + 1; i <= end; i++)
                    ends[i] = i == end ? next : Math.Min(next, from + i - to);
            }

            (from, to) = (next, end);
        }
    }
}
