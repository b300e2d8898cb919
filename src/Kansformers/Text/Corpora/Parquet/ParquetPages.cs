using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Kansformers.Text;

/// <summary>The pages of a column in a row group, as texts.</summary>
internal sealed class ParquetPages(FileStream file, ParquetChunk chunk, bool optional)
{
    private const long RunLengths = 3;
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private readonly long _fileLength = RandomAccess.GetLength(file.SafeFileHandle);
    private ReadOnlyMemory<byte>[]? _dictionary;
    private ParquetValues? _values;
    private HybridRuns? _levels;
    private long _left; // in the page
    private long _at = chunk.Start;

    public long BytesRead { get; set; }

    /// <summary>The next text; empty where the row has none.</summary>
    public string Next()
    {
        while (_left == 0)
            ReadPage();
        _left--;
        if (_levels?.Next() == 0)
            return "";
        try
        {
            return Strict.GetString(_values!.Next());
        }
        catch (DecoderFallbackException failure)
        {
            throw new InvalidDataException("a text in it is not valid UTF-8", failure);
        }
    }

    /// <summary>Fills a buffer from a place in a file.</summary>
    public static void Fill(FileStream file, Span<byte> buffer, long at)
    {
        try
        {
            for (int held = 0; held < buffer.Length;)
            {
                int read = RandomAccess.Read(file.SafeFileHandle, buffer[held..], at + held);
                held += read > 0 ? read : throw new EndOfStreamException();
            }
        }
        catch (Exception failure) when (failure is (IOException or UnauthorizedAccessException) and not EndOfStreamException)
        {
            throw SourceFile.CannotRead(file.Name, failure);
        }
    }

    private void ReadPage()
    {
        if (_at >= chunk.Start + chunk.Length)
            throw new InvalidDataException("the column has fewer values than it says");
        ParquetPageHeader header = ReadHeader();
        if (header.PackedLength > _fileLength - _at || header.PackedLength > ParquetCodec.LongestPage)
            throw new InvalidDataException("a page is longer than the file");
        byte[] packed = new byte[header.PackedLength];
        Fill(file, packed, _at);
        _at += packed.Length;
        BytesRead += packed.Length;
        if (header.Checksum is uint checksum && Crc32.HashToUInt32(packed) != checksum)
            throw new InvalidDataException("a page does not match its checksum");
        switch (header.Type)
        {
            case ParquetPageType.Dictionary:
                _dictionary = ParquetValues.ReadDictionary(ParquetCodec.Unpack(chunk.Codec, packed, header.Length), header.Values);
                break;
            case ParquetPageType.Data:
                BeginData(header, ParquetCodec.Unpack(chunk.Codec, packed, header.Length));
                break;
            case ParquetPageType.DataV2:
                BeginDataV2(header, packed);
                break;
        }
    }

    private void BeginData(ParquetPageHeader header, ReadOnlyMemory<byte> bytes)
    {
        _levels = null;
        if (optional)
        {
            if (header.LevelEncoding != RunLengths)
                throw new InvalidDataException("its missing values are marked in a way that is long out of use");
            int length = BinaryPrimitives.ReadInt32LittleEndian(bytes.Span);
            _levels = new HybridRuns(bytes.Slice(4, length), 1);
            bytes = bytes[(4 + length)..];
        }

        (_values, _left) = (new Lazily(() => ParquetValues.Of(header.Encoding, bytes, _dictionary)), header.Values);
    }

    private void BeginDataV2(ParquetPageHeader header, byte[] packed)
    {
        int levelBytes = (int)header.LevelBytes;
        _levels = optional ? new HybridRuns(packed.AsMemory(0, levelBytes), 1) : null;
        byte[] rest = packed[levelBytes..];
        byte[] bytes = header.IsPacked && rest.Length > 0 ? ParquetCodec.Unpack(chunk.Codec, rest, header.Length - levelBytes) : rest;
        (_values, _left) = (new Lazily(() => ParquetValues.Of(header.Encoding, bytes, _dictionary)), header.Values);
    }

    /// <summary>Reads a header, whose length shows only at its end: statistics in it may be long.</summary>
    private ParquetPageHeader ReadHeader()
    {
        const int longest = 1 << 24;
        for (int size = 1 << 10; ; size *= 8)
        {
            byte[] bytes = new byte[Math.Min(size, _fileLength - _at)];
            Fill(file, bytes, _at);
            try
            {
                ParquetPageHeader header = ParquetPageHeader.Parse(bytes, out int length);
                _at += length;
                BytesRead += length;
                return header;
            }
            catch (EndOfStreamException) when (bytes.Length == size && size < longest)
            {
                // There is more of it.
            }
        }
    }

    /// <summary>Values that are only looked at when one is there: a page in which all are missing may have no bytes.</summary>
    private sealed class Lazily(Func<ParquetValues> make) : ParquetValues
    {
        private ParquetValues? _inner;

        public override ReadOnlySpan<byte> Next() => (_inner ??= make()).Next();
    }
}
