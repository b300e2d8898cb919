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
    private readonly List<WordPart> _parts = [];

    protected override ReadOnlySpan<int> EncodeWord(ReadOnlySpan<char> word)
    {
        _ids.Clear();
        foreach (WordPart part in PartsOf(word))
            _ids.Add(part.Id);
        return System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_ids);
    }

    protected override List<WordPart> PartsOf(ReadOnlySpan<char> word)
    {
        _parts.Clear();
        if (!TryEncode(word))
        {
            _parts.Clear();
            _parts.Add(new WordPart(pieces.Unknown, 0, word.Length));
        }

        return _parts;
    }

    private bool TryEncode(ReadOnlySpan<char> word)
    {
        int characters = 0;
        foreach (Rune _ in word.EnumerateRunes())
            characters++;
        if (characters > pieces.LongestWord)
            return false;
        for (int at = 0; at < word.Length;)
        {
            var tokens = (at == 0 ? pieces.Starts : pieces.Continuations).GetAlternateLookup<ReadOnlySpan<char>>();
            int length = Math.Min(word.Length - at, pieces.LongestToken), id = 0;
            while (length > 0 && !tokens.TryGetValue(word.Slice(at, length), out id))
                length--;
            if (length == 0)
                return false;
            _parts.Add(new WordPart(id, at, at + length));
            at += length;
        }

        return true;
    }
}
