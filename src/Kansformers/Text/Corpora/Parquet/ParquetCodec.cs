using System.IO.Compression;
using K4os.Compression.LZ4;
using Snappier;
using ZstdSharp;

namespace Kansformers.Text;

/// <summary>Unpacks pages. No more memory is taken than what is there can fill, whatever the page says of its size.</summary>
internal static class ParquetCodec
{
    /// <summary>The longest page; writers keep to about 1 MB, a few go to 100.</summary>
    public const int LongestPage = 1 << 30;

    private const int UsualPage = 4 << 20;

    public static byte[] Unpack(long codec, byte[] packed, long length)
    {
        if (length > LongestPage)
            throw new InvalidDataException("a page is longer than 1 GB");
        int size = (int)length;
        try
        {
            return codec switch
            {
                0 => packed,
                1 => WithBlock(packed, size, 64, Snappy.Decompress),
                2 or 4 or 6 => FromStream(Open(codec, new MemoryStream(packed))!, size),
                7 => WithBlock(packed, size, 256, (from, to) => LZ4Codec.Decode(from, to)),
                _ => throw new InvalidDataException($"it is compressed by method {codec}, which is not supported (snappy, gzip, brotli, zstd and lz4_raw are)"),
            };
        }
        catch (Exception failure) when (IsRefusal(failure))
        {
            throw new InvalidDataException("a page cannot be unpacked", failure);
        }
    }

    /// <summary>Unpacks on the way; null for methods that need a page as a whole, and for snappy's pages of a usual size, which are faster so.</summary>
    public static Stream? Open(long codec, Stream packed, long length = 0) => codec switch
    {
        0 => packed,
        1 when length > UsualPage => new SnappyPage(packed),
        2 => new GZipStream(packed, CompressionMode.Decompress),
        4 => new BrotliStream(packed, CompressionMode.Decompress),
        6 => new DecompressionStream(packed),
        _ => null,
    };

    /// <summary>Each library has its own way of refusing what it did not write.</summary>
    public static bool IsRefusal(Exception failure) => failure is not (InvalidDataException or OutOfMemoryException or KansformersException);

    private delegate int Decoder(ReadOnlySpan<byte> packed, Span<byte> bytes);

    /// <summary>For methods that cannot make a block more than so many times longer.</summary>
    private static byte[] WithBlock(byte[] packed, int size, int most, Decoder decode)
    {
        if (size > (long)most * packed.Length)
            throw new InvalidDataException("a page says that it is longer than it can be");
        byte[] bytes = new byte[size];
        return size == 0 || decode(packed, bytes) == size ? bytes : throw new InvalidDataException("a page has another length than it says");
    }

    /// <summary>For methods that can make much of little: the buffer grows with what comes.</summary>
    private static byte[] FromStream(Stream stream, int size)
    {
        using (stream)
        {
            byte[] bytes = new byte[Math.Min(size, 1 << 16)];
            int held = 0;
            while (true)
            {
                held += stream.ReadAtLeast(bytes.AsSpan(held), bytes.Length - held, throwOnEndOfStream: false);
                if (held < bytes.Length)
                    throw new InvalidDataException("a page has another length than it says");
                if (held == size)
                    return stream.ReadByte() < 0 ? bytes : throw new InvalidDataException("a page has another length than it says");
                Array.Resize(ref bytes, (int)Math.Min(size, 2L * held));
            }
        }
    }
}
