using System.Globalization;

namespace Kansformers.Text;

/// <summary>The tokens of a text, and the stretches of it that they stand for.</summary>
/// <param name="Ids">The ids, without special tokens.</param>
/// <param name="Places">
/// For each the characters from its start to before its end, without white space around them: nothing where it is white space alone. Tokens of parts of one character
/// share it.
/// </param>
internal sealed record PlacedTokens(int[] Ids, (int Start, int End)[] Places)
{
    /// <summary>Encodes a text; the ids are those of <see cref="Tokenizer.Encode(string)"/>.</summary>
    /// <exception cref="KansformersException">The text holds a character that the tokenizer does not know.</exception>
    public static PlacedTokens Of(Tokenizer tokenizer, string text)
    {
        List<int> ids = [];
        List<(int Start, int End)> places = [];
        text = CharacterKinds.WithoutLoneSurrogates(text);
        if (tokenizer.CountsById)
        {
            tokenizer.Encode(text, ids);
            places = ByBytes(tokenizer, text, ids);
        }
        else
        {
            tokenizer.Encode(text, ids, new TextTally { Places = places }, SpecialTokens.AsText);
            places = [.. places.Select(place => WithoutTaken(text, place))];
        }

        return new PlacedTokens([.. ids], [.. places.Select(place => Trimmed(text, place))]);
    }

    private static List<(int Start, int End)> ByBytes(Tokenizer tokenizer, string text, List<int> ids)
    {
        List<(int Start, int End)> places = new(ids.Count);
        int at = 0, left = 0; // the character that a token begins in, and how many of its bytes are left for it
        foreach (int id in ids)
        {
            int start = at, end = at;
            for (int bytes = tokenizer.BytesOf(id).Length; bytes > 0 && at < text.Length;)
            {
                left = left == 0 ? BytesAt(text, at) : left;
                int taken = Math.Min(bytes, left), units = char.IsHighSurrogate(text[at]) ? 2 : 1;
                (bytes, left, end) = (bytes - taken, left - taken, at + units);
                at += left == 0 ? units : 0;
            }

            places.Add((start, end));
        }

        return places;
    }

    // Control characters that a normalizer takes away lie before the next token or behind the last, which do not stand for them.
    private static (int Start, int End) WithoutTaken(string text, (int Start, int End) place)
    {
        (int start, int end) = place;
        while (start < end && IsTaken(text[start]))
            start++;
        while (end > start && IsTaken(text[end - 1]))
            end--;
        return start < end ? (start, end) : place;

        static bool IsTaken(char character) => char.IsWhiteSpace(character) || CharUnicodeInfo.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Format;
    }

    private static int BytesAt(string text, int at) => text[at] < 0x80 ? 1 : text[at] < 0x800 ? 2 : char.IsHighSurrogate(text[at]) ? 4 : 3;

    private static (int Start, int End) Trimmed(string text, (int Start, int End) place)
    {
        (int start, int end) = place;
        while (start < end && char.IsWhiteSpace(text[start]))
            start++;
        while (end > start && char.IsWhiteSpace(text[end - 1]))
            end--;
        return (start, end);
    }
}
