using System.Globalization;
using System.Text;

namespace Kansformers.Text;

/// <summary>What byte-pair encodings do besides merging.</summary>
internal sealed record PairOptions
{
    /// <summary>Whether words are written as <see cref="ByteCharacters"/> first.</summary>
    public bool Bytes { get; init; }

    /// <summary>What begins every symbol of a word but the first.</summary>
    public string ContinuingPrefix { get; init; } = "";

    /// <summary>What ends the last symbol of a word.</summary>
    public string WordSuffix { get; init; } = "";

    /// <summary>The token of characters that the vocabulary lacks; without it they are left out, as Hugging Face does.</summary>
    public int? Unknown { get; init; }

    /// <summary>Whether unknown characters that touch are one token.</summary>
    public bool FuseUnknown { get; init; }

    /// <summary>Whether an unknown character becomes tokens like <c>&lt;0xE2&gt;</c>.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>Whether a word that is a token is not merged but taken.</summary>
    public bool WholeWordsFirst { get; init; }
}

/// <summary>Encodes words by the merges of their characters.</summary>
/// <param name="merges">The merges.</param>
/// <param name="vocabulary">The tokens and their ids.</param>
/// <param name="options">What is done besides.</param>
/// <param name="names">The tokens by their ids.</param>
internal sealed class CharacterPairEncoder(BytePairMerges merges, IReadOnlyDictionary<string, int> vocabulary, PairOptions options, Lazy<string[]> names) : WordEncoder
{
    private readonly PairMerger _merger = new(merges);

    // What a word is made of before any merge: a symbol each, and what has none; places are those in the word as it is written for merging.
    private readonly List<WordPart> _symbols = [];
    private readonly List<WordPart> _lost = [];

    protected override ReadOnlySpan<int> EncodeWord(ReadOnlySpan<char> word)
    {
        string text = options.Bytes ? ByteCharacters.Write(word) : word.ToString();
        if (options.WholeWordsFirst && vocabulary.TryGetValue(text, out int whole))
            return new[] { whole };
        FindSymbols(text);
        return Merge();
    }

    protected override List<WordPart> PartsOf(ReadOnlySpan<char> word)
    {
        string text = options.Bytes ? ByteCharacters.Write(word) : word.ToString();
        if (options.WholeWordsFirst && vocabulary.TryGetValue(text, out int whole))
            return [new WordPart(whole, 0, word.Length)];
        FindSymbols(text);
        List<WordPart> parts = [];
        int symbol = 0, lost = 0;
        foreach (int id in Merge())
        {
            int start = _symbols[symbol].Start, end = EndOf(id, ref symbol);
            // Characters are left out before merging, so a token may lie around them.
            for (; lost < _lost.Count && _lost[lost].Start < end; lost++)
                parts.Add(_lost[lost]);
            parts.Add(new WordPart(id, start, end));
        }

        parts.AddRange(_lost[lost..]);
        return options.Bytes ? InCharacters(parts, new ByteCharacterMap(word)) : parts;
    }

    // The tokens of a merge are written one behind the other.
    private int EndOf(int id, ref int symbol)
    {
        string prefix = options.ContinuingPrefix;
        int wanted = names.Value[id].Length, length = names.Value[_symbols[symbol].Id].Length;
        for (symbol++; length < wanted && symbol < _symbols.Count; symbol++)
        {
            string name = names.Value[_symbols[symbol].Id];
            length += name.Length - (prefix.Length > 0 && name.StartsWith(prefix, StringComparison.Ordinal) ? prefix.Length : 0);
        }

        return _symbols[symbol - 1].End;
    }

    private static List<WordPart> InCharacters(List<WordPart> parts, ByteCharacterMap map)
    {
        List<WordPart> result = new(parts.Count);
        foreach (WordPart part in parts)
            result.Add(new WordPart(part.Id, map.Floor(part.Start), part.Id == WordPart.NoToken ? map.Ceiling(part.End) : map.Floor(part.End)));
        return result;
    }

    private ReadOnlySpan<int> Merge()
    {
        Span<int> ids = _merger.Room(_symbols.Count);
        for (int i = 0; i < _symbols.Count; i++)
            ids[i] = _symbols[i].Id;
        return _merger.Merge(_symbols.Count);
    }

    private void FindSymbols(string text)
    {
        _symbols.Clear();
        _lost.Clear();
        int at = 0;
        bool afterUnknown = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            int start = at;
            at += rune.Utf16SequenceLength;
            string symbol = (start == 0 ? "" : options.ContinuingPrefix) + rune + (at == text.Length ? options.WordSuffix : "");
            bool known = vocabulary.TryGetValue(symbol, out int id);
            if (known)
                _symbols.Add(new WordPart(id, start, at));
            else if (!(known = options.ByteFallback && TryBytes(symbol, start, at)))
                AddUnknown(start, at, afterUnknown);
            afterUnknown = !known;
        }
    }

    private void AddUnknown(int start, int end, bool afterUnknown)
    {
        if (options.Unknown is not int unknown)
            _lost.Add(new WordPart(WordPart.NoToken, start, end));
        else if (afterUnknown && options.FuseUnknown)
            _symbols[^1] = _symbols[^1] with { End = end };
        else
            _symbols.Add(new WordPart(unknown, start, end));
    }

    private bool TryBytes(string symbol, int start, int end)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(symbol);
        int[] found = new int[bytes.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            if (!vocabulary.TryGetValue(string.Create(CultureInfo.InvariantCulture, $"<0x{bytes[i]:X2}>"), out found[i]))
                return false;
        }

        for (int i = 0; i < found.Length; i++)
            _symbols.Add(new WordPart(found[i], start, i == found.Length - 1 ? end : start));
        return true;
    }
}
