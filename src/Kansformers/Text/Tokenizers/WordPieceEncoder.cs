using System.Text;

namespace Kansformers.Text;

/// <summary>The tokens of a WordPiece vocabulary: those that may begin a word, and, without their prefix, those that go on.</summary>
internal sealed class WordPieces
{
    public WordPieces(IReadOnlyDictionary<string, int> vocabulary, string continuingPrefix, int unknown, int longestWord)
    {
        (Unknown, LongestWord) = (unknown, longestWord);
        foreach ((string token, int id) in vocabulary)
        {
            Starts[token] = id;
            if (token.StartsWith(continuingPrefix, StringComparison.Ordinal))
                Continuations[token[continuingPrefix.Length..]] = id;
            LongestToken = Math.Max(LongestToken, token.Length);
        }
    }

    public Dictionary<string, int> Starts { get; } = [];

    public Dictionary<string, int> Continuations { get; } = [];

    public int Unknown { get; }

    /// <summary>In characters; longer words are unknown.</summary>
    public int LongestWord { get; }

    public int LongestToken { get; }
}

/// <summary>Takes the longest token that begins what is left of a word, again and again; a word with a rest that no token begins is unknown as a whole.</summary>
internal sealed class WordPieceEncoder(WordPieces pieces) : WordEncoder
{
    private readonly List<int> _ids = [];

    protected override ReadOnlySpan<int> EncodeWord(ReadOnlySpan<char> word)
    {
        _ids.Clear();
        if (!TryEncode(word))
            return new[] { pieces.Unknown };
        return System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_ids);
    }

    private bool TryEncode(ReadOnlySpan<char> word)
    {
        int characters = 0;
        foreach (Rune _ in word.EnumerateRunes())
            characters++;
        if (characters > pieces.LongestWord)
            return false;
        for (bool first = true; word.Length > 0; first = false)
        {
            var tokens = (first ? pieces.Starts : pieces.Continuations).GetAlternateLookup<ReadOnlySpan<char>>();
            int length = Math.Min(word.Length, pieces.LongestToken), id = 0;
            while (length > 0 && !tokens.TryGetValue(word[..length], out id))
                length--;
            if (length == 0)
                return false;
            _ids.Add(id);
            word = word[length..];
        }

        return true;
    }
}
