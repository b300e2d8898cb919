using System.Buffers;
using System.Text;

namespace Kansformers.Text;

/// <summary>Encodes words by the merges of their UTF-8 bytes, every one of which is a token.</summary>
/// <param name="merges">The merges.</param>
/// <param name="bytesOf">How many bytes a token is; null where that is not asked for.</param>
internal sealed class BytePairEncoder(BytePairMerges merges, Func<int, int>? bytesOf = null) : WordEncoder
{
    private readonly PairMerger _merger = new(merges);

    /// <summary>The tokens of a word given as bytes, valid until the next call.</summary>
    public ReadOnlySpan<int> Merge(ReadOnlySpan<byte> bytes)
    {
        Span<int> ids = _merger.Room(bytes.Length);
        int[] byteIds = merges.ByteIds;
        for (int i = 0; i < bytes.Length; i++)
            ids[i] = byteIds[bytes[i]];
        return _merger.Merge(bytes.Length);
    }

    protected override ReadOnlySpan<int> EncodeWord(ReadOnlySpan<char> word)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(word.Length));
        int length = Encoding.UTF8.GetBytes(word, rented);
        ReadOnlySpan<int> ids = Merge(rented.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(rented);
        return ids;
    }

    protected override List<WordPart> PartsOf(ReadOnlySpan<char> word)
    {
        ByteCharacterMap map = new(word);
        List<WordPart> parts = [];
        int at = 0;
        foreach (int id in EncodeWord(word))
        {
            int start = at;
            at += bytesOf!(id);
            parts.Add(new WordPart(id, map.Floor(start), map.Floor(at)));
        }

        return parts;
    }
}
