using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Kansformers.Text;

/// <summary>
/// Knows which documents have been read, by 128 bits of hash each, so that exact duplicates can be left out: some 40 bytes of
/// memory a document, whatever its length. Two different documents share a hash less often than memory fails.
/// </summary>
internal sealed class Distinct(CorpusTally tally)
{
    private readonly HashSet<UInt128> _seen = [];

    /// <summary>Whether a document was there before; counts it if so. Empty documents are none.</summary>
    public bool HasSeen(ReadOnlySpan<char> document) =>
        document.Length > 0 && HasSeen(XxHash128.HashToUInt128(MemoryMarshal.AsBytes(document)));

    /// <summary>As above, for a file that is one document and may be larger than memory: it is read once more for this.</summary>
    public bool HasSeen(DocumentFile file)
    {
        XxHash128 hash = new();
        long length = 0;
        foreach (RawPiece piece in file.Read())
        {
            hash.Append(MemoryMarshal.AsBytes(piece.Text.Span));
            length += piece.Text.Length;
        }

        return length > 0 && HasSeen(hash.GetCurrentHashAsUInt128());
    }

    private bool HasSeen(UInt128 hash)
    {
        if (_seen.Add(hash))
            return false;
        tally.DuplicateRows++;
        return true;
    }
}
