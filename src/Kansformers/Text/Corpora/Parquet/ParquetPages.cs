using System.Buffers.Binary;
using System.IO.Hashing;
using System.Numerics;
using System.Text;

namespace Kansformers.Text;

/// <summary>The pages of a column in a row group, value by value.</summary>
internal sealed class ParquetPages(FileStream file, ParquetChunk chunk, ParquetColumn column) : IDisposable
{
    private const long RunLengths = 3;
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private readonly long _fileLength = RandomAccess.GetLength(file.SafeFileHandle);
    private ReadOnlyMemory<byte>[]? _dictionary;
    private ParquetValues? _values;
    private HybridRuns? _repetitions, _definitions;
    private PageStream? _stream;
    private long _left; // in the page
    private long _done; // in the chunk
    private long _at = chunk.Start;

    public long BytesRead { get; set; }

    /// <summary>Goes to the next value; false behind the last.</summary>
    /// <param name="repetition">0 where a row begins with it.</param>
    /// <param name="definition">How much of the way to it is there: all of it, and so a value, where that is <see cref="ParquetPath.Definitions"/>.</param>
    public bool Next(out int repetition, out int definition)
    {
        (repetition, definition) = (0, 0);
        if (_done == chunk.Values)
            return false;
        while (_left == 0)
            ReadPage();
        _left--;
        _done++;
        (repetition, definition) = (_repetitions?.Next() ?? 0, _definitions?.Next() ?? 0);
        return true;
    }

    /// <summary>What the value holds, where one is there.</summary>
    public string Text()
    {
        ReadOnlySpan<byte> value = _values!.Next();
        if (column.Content != ParquetContent.Text)
            return ParquetNumbers.Text(column, value);
        try
        {
            return Strict.GetString(value);
        }
        catch (DecoderFallbackException failure)
        {
            throw new InvalidDataException("a text in it is not valid UTF-8", failure);
        }
    }

    public void Dispose()
    {
        _stream?.Dispose();
        _stream = null;
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
        if (header.PackedLength > _fileLength - _at)
            throw new InvalidDataException("a page is longer than the file");
        Dispose();
        if (BeginStream(header))
            return;
        if (header.PackedLength > ParquetCodec.LongestPage)
            throw new InvalidDataException("a page is longer than 1 GB");
        RequireChecksum(header);
        byte[] packed = new byte[header.PackedLength];
        Fill(file, packed, _at);
        _at += packed.Length;
        BytesRead += packed.Length;
        switch (header.Type)
        {
            case ParquetPageType.Dictionary:
                _dictionary = ParquetValues.ReadDictionary(column, ParquetCodec.Unpack(chunk.Codec, packed, header.Length), header.Values);
                break;
            case ParquetPageType.Data:
                BeginData(header, ParquetCodec.Unpack(chunk.Codec, packed, header.Length));
                break;
            case ParquetPageType.DataV2:
                BeginDataV2(header, packed);
                break;
        }
    }

    /// <summary>Begins a page of plain values that can be unpacked on the way; false for others.</summary>
    private bool BeginStream(ParquetPageHeader header)
    {
        if (header.Type is not (ParquetPageType.Data or ParquetPageType.DataV2) || header.Encoding != ParquetValues.Plain || !column.IsText)
            return false;
        RequireLevels(header);
        bool second = header.Type == ParquetPageType.DataV2;
        int levelBytes = second ? (int)header.LevelBytes : 0;
        FileSlice slice = new(file, _at + levelBytes, header.PackedLength - levelBytes, read => BytesRead += read);
        Stream? content = ParquetCodec.Open(header.IsPacked ? chunk.Codec : 0, slice, header.Length);
        if (content is null)
            return false;
        RequireChecksum(header);
        _stream = new PageStream(content, header.Length - levelBytes);
        byte[]? levels = !column.IsOptional ? null : second ? new byte[levelBytes] : _stream.TakeLevels();
        if (second && levels is not null)
            Fill(file, levels, _at);
        _definitions = levels is null ? null : new HybridRuns(levels, 1);
        (_values, _left) = (_stream, header.Values);
        _at += header.PackedLength;
        return true;
    }

    private void RequireChecksum(ParquetPageHeader header)
    {
        if (header.Checksum is null)
            return;
        Crc32 crc = new();
        byte[] buffer = new byte[1 << 16];
        for (long done = 0; done < header.PackedLength;)
        {
            Span<byte> part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, header.PackedLength - done));
            Fill(file, part, _at + done);
            crc.Append(part);
            done += part.Length;
        }

        if (crc.GetCurrentHashAsUInt32() != header.Checksum)
            throw new InvalidDataException("a page does not match its checksum");
    }

    private void RequireLevels(ParquetPageHeader header)
    {
        if (column.Path.Definitions > 0 && header.Type == ParquetPageType.Data && header.LevelEncoding != RunLengths)
            throw new InvalidDataException("its missing values are marked in a way that is long out of use");
    }

    private void BeginData(ParquetPageHeader header, ReadOnlyMemory<byte> bytes)
    {
        RequireLevels(header);
        _repetitions = Levels(column.Path.Repetitions);
        _definitions = Levels(column.Path.Definitions);
        ReadOnlyMemory<byte> values = bytes;
        (_values, _left) = (new Lazily(() => ParquetValues.Of(column, header.Encoding, values, _dictionary)), header.Values);

        HybridRuns? Levels(int most)
        {
            if (most == 0)
                return null;
            int length = BinaryPrimitives.ReadInt32LittleEndian(bytes.Span);
            ReadOnlyMemory<byte> levels = bytes.Slice(4, length);
            bytes = bytes[(4 + length)..];
            return new HybridRuns(levels, BitsOf(most));
        }
    }

    private void BeginDataV2(ParquetPageHeader header, byte[] packed)
    {
        int levelBytes = (int)header.LevelBytes, repetitionBytes = (int)header.RepetitionBytes;
        _repetitions = column.Path.Repetitions == 0 ? null : new HybridRuns(packed.AsMemory(0, repetitionBytes), BitsOf(column.Path.Repetitions));
        _definitions = column.Path.Definitions == 0 ? null : new HybridRuns(packed.AsMemory(repetitionBytes, levelBytes - repetitionBytes), BitsOf(column.Path.Definitions));
        byte[] rest = packed[levelBytes..];
        byte[] bytes = header.IsPacked && rest.Length > 0 ? ParquetCodec.Unpack(chunk.Codec, rest, header.Length - levelBytes) : rest;
        (_values, _left) = (new Lazily(() => ParquetValues.Of(column, header.Encoding, bytes, _dictionary)), header.Values);
    }

    private static int BitsOf(int most) => 32 - BitOperations.LeadingZeroCount((uint)most);

    /// <summary>Reads a header, whose length shows only at its end: statistics in it may be long.</summary>
    private ParquetPageHeader ReadHeader()
    {
        const int longest = 1 << 28;
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
