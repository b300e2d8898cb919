using System.Buffers.Binary;

namespace Kansformers.Text;

/// <summary>
/// The first 96 bytes of a token file, little-endian: magic "KANTOKEN", format version (int32), bytes per token (int32),
/// count (int64), vocabulary size (int32), zero (int32), UTF-8 bytes of the text (int64), XxHash128 of the tokens (16 bytes),
/// documents (int64), empty rows (int64), duplicate rows (int64), zero (16 bytes).
/// </summary>
internal readonly record struct TokenFileHeader(int Width, long Count, int VocabularySize, long Utf8Bytes, UInt128 Hash, CorpusCounts Counts)
{
    public const int Size = 96;
    public const int Version = 2;

    private static ReadOnlySpan<byte> Magic => "KANTOKEN"u8;

    public static bool IsTokenFile(ReadOnlySpan<byte> bytes) => bytes.StartsWith(Magic);

    /// <summary>The fewest of 1, 2 and 4 bytes that hold every id.</summary>
    public static int WidthFor(int vocabularySize) => vocabularySize <= 1 << 8 ? 1 : vocabularySize <= 1 << 16 ? 2 : 4;

    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Size];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), Width);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), Count);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(24), VocabularySize);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(32), Utf8Bytes);
        BinaryPrimitives.WriteUInt128LittleEndian(bytes.AsSpan(40), Hash);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(56), Counts.Documents);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(64), Counts.EmptyRows);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(72), Counts.DuplicateRows);
        return bytes;
    }

    /// <summary>Reads a header; says what is wrong with it, or null.</summary>
    public static string? TryRead(ReadOnlySpan<byte> bytes, out TokenFileHeader header)
    {
        header = default;
        if (bytes.Length < Size || !bytes.StartsWith(Magic))
            return "it is not a token file";
        if (BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]) is int version and not Version)
            return $"it has format version {version}, and this program reads version {Version}";
        header = new TokenFileHeader(
            BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]),
            BinaryPrimitives.ReadUInt128LittleEndian(bytes[40..]),
            new CorpusCounts(BinaryPrimitives.ReadInt64LittleEndian(bytes[56..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[64..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[72..])));
        bool sane = header.VocabularySize > 0 && header.Width == WidthFor(header.VocabularySize) && header.Count is >= 0 and < long.MaxValue / 8;
        return sane ? null : "its header is damaged";
    }
}
