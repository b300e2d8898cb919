using System.Buffers.Binary;
using System.Text;

namespace Kansformers.Text;

/// <summary>
/// The first 112 bytes of a token file, little-endian: magic "KANTOKEN", format version (int32), bytes per id (int32),
/// count (int64), vocabulary size (int32), whether lengths follow the ids (int32, see <see cref="TokenLayout"/>), UTF-8 bytes of the text (int64, -1 when
/// unknown), XxHash128 of the tokens (16 bytes), documents, empty rows, duplicate rows, characters and bytes without a token (int64 each), the first such
/// character (int32, -1 when there is none), zero (12 bytes).
/// </summary>
internal readonly record struct TokenFileHeader(TokenLayout Layout, long Count, int VocabularySize, long? Utf8Bytes, UInt128 Hash, CorpusCounts Counts, LostText Lost)
{
    public const int Size = 112;
    public const int Version = 3;

    private static ReadOnlySpan<byte> Magic => "KANTOKEN"u8;

    public static bool IsTokenFile(ReadOnlySpan<byte> bytes) => bytes.StartsWith(Magic);

    /// <summary>The fewest of 1, 2 and 4 bytes that hold every id.</summary>
    public static int WidthFor(int vocabularySize) => vocabularySize <= 1 << 8 ? 1 : vocabularySize <= 1 << 16 ? 2 : 4;

    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Size];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), Layout.Width);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), Count);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(24), VocabularySize);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(28), Layout.HasLengths ? 1 : 0);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(32), Utf8Bytes ?? -1);
        BinaryPrimitives.WriteUInt128LittleEndian(bytes.AsSpan(40), Hash);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(56), Counts.Documents);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(64), Counts.EmptyRows);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(72), Counts.DuplicateRows);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(80), Lost.Characters);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(88), Lost.Bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(96), Lost.First?.Value ?? -1);
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
        int lengths = BinaryPrimitives.ReadInt32LittleEndian(bytes[28..]), first = BinaryPrimitives.ReadInt32LittleEndian(bytes[96..]);
        long textBytes = BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]);
        header = new TokenFileHeader(
            new TokenLayout(BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]), lengths == 1),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[24..]),
            textBytes < 0 ? null : textBytes,
            BinaryPrimitives.ReadUInt128LittleEndian(bytes[40..]),
            new CorpusCounts(BinaryPrimitives.ReadInt64LittleEndian(bytes[56..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[64..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[72..])),
            new LostText(BinaryPrimitives.ReadInt64LittleEndian(bytes[80..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[88..]), Rune.TryCreate(first, out Rune rune) ? rune : null));
        bool sane = header.VocabularySize > 0 && header.Layout.Width == WidthFor(header.VocabularySize) && header.Count is >= 0 and < long.MaxValue / 8 && lengths is 0 or 1;
        return sane ? null : "its header is damaged";
    }
}
