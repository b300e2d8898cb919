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
internal sealed class CharacterPairEncoder(BytePairMerges merges, IReadOnlyDictionary<string, int> vocabulary, PairOptions options) : WordEncoder
{
    private readonly PairMerger _merger = new(merges);

    protected override ReadOnlySpan<int> EncodeWord(ReadOnlySpan<char> word)
    {
        string text = options.Bytes ? ByteCharacters.Write(word) : word.ToString();
        if (options.WholeWordsFirst && vocabulary.TryGetValue(text, out int whole))
            return new[] { whole };
        Span<int> ids = _merger.Room((Encoding.UTF8.GetByteCount(text) + options.WordSuffix.Length * 3) * (1 + options.ContinuingPrefix.Length * 3));
        int count = 0, at = 0;
        bool afterUnknown = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool first = at == 0;
            at += rune.Utf16SequenceLength;
            string symbol = (first ? "" : options.ContinuingPrefix) + rune + (at == text.Length ? options.WordSuffix : "");
            if (vocabulary.TryGetValue(symbol, out int id))
                (ids[count++], afterUnknown) = (id, false);
            else if (options.ByteFallback && TryBytes(symbol, ids, ref count))
                afterUnknown = false;
            else
                AddUnknown(ids, ref count, ref afterUnknown);
        }

        return _merger.Merge(count);
    }

    private void AddUnknown(Span<int> ids, ref int count, ref bool afterUnknown)
    {
        if (options.Unknown is int unknown && !(afterUnknown && options.FuseUnknown))
            ids[count++] = unknown;
        afterUnknown = true;
    }

    private bool TryBytes(string symbol, Span<int> ids, ref int count)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(symbol);
        int[] found = new int[bytes.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            if (!vocabulary.TryGetValue(string.Create(CultureInfo.InvariantCulture, $"<0x{bytes[i]:X2}>"), out found[i]))
                return false;
        }

        found.CopyTo(ids[count..]);
        count += found.Length;
        return true;
    }
}
