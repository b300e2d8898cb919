namespace Kansformers.Text;

/// <summary>A token of a word, or characters that have none.</summary>
/// <param name="Id">The token's id; negative for characters without a token.</param>
/// <param name="Start">The place of the first character that it stands for.</param>
/// <param name="End">The place behind the last; of a token within a character the next token's.</param>
internal readonly record struct WordPart(int Id, int Start, int End)
{
    public const int NoToken = -1;
}

/// <summary>Encodes one word at a time and remembers common words. For one thread.</summary>
internal abstract class WordEncoder
{
    private const int LongestRemembered = 40;
    private const int MostRemembered = 1 << 16;

    private readonly Dictionary<string, int[]> _words = [];
    private readonly Dictionary<string, WordPart[]> _parts = [];

    public void Encode(ReadOnlySpan<char> word, List<int> destination)
    {
        if (word.Length > LongestRemembered)
        {
            destination.AddRange(EncodeWord(word));
            return;
        }

        var words = _words.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!words.TryGetValue(word, out int[]? ids))
        {
            ids = EncodeWord(word).ToArray();
            if (_words.Count == MostRemembered)
                _words.Clear();
            words[word] = ids;
        }

        destination.AddRange(ids.AsSpan());
    }

    /// <summary>The tokens of a word, the same as <see cref="Encode"/> gives, with the characters that they stand for, and those that have none.</summary>
    public WordPart[] Parts(ReadOnlySpan<char> word)
    {
        if (word.Length > LongestRemembered)
            return [.. PartsOf(word)];
        var words = _parts.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!words.TryGetValue(word, out WordPart[]? parts))
        {
            parts = [.. PartsOf(word)];
            if (_parts.Count == MostRemembered)
                _parts.Clear();
            words[word] = parts;
        }

        return parts;
    }

    /// <summary>The ids of a word, valid until the next call.</summary>
    protected abstract ReadOnlySpan<int> EncodeWord(ReadOnlySpan<char> word);

    /// <summary>What <see cref="Parts"/> gives.</summary>
    protected abstract List<WordPart> PartsOf(ReadOnlySpan<char> word);
}
