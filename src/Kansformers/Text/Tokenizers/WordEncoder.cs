namespace Kansformers.Text;

/// <summary>Encodes one word at a time and remembers common words. For one thread.</summary>
internal abstract class WordEncoder
{
    private const int LongestRemembered = 40;
    private const int MostRemembered = 1 << 16;

    private readonly Dictionary<string, int[]> _words = [];

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

    /// <summary>The ids of a word, valid until the next call.</summary>
    protected abstract ReadOnlySpan<int> EncodeWord(ReadOnlySpan<char> word);
}
