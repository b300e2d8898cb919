using System.Buffers.Binary;
using System.Text;

namespace Kansformers.Checkpoints;

/// <summary>A file in a zip archive: where its stored (uncompressed) bytes lie.</summary>
internal sealed record ZipEntry(string Name, long Start, long Length, uint Checksum);

/// <summary>
/// The directory of a zip archive (APPNOTE 6.3, zip64 included) whose entries are stored without compression, as PyTorch writes them.
/// Own reader, because tensors are read in place from the mapped file and the platform's reader does not tell where an entry lies.
/// </summary>
internal static class ZipDirectory
{
    private const uint EndSignature = 0x06054b50, End64Signature = 0x06064b50, Locator64Signature = 0x07064b50;
    private const uint EntrySignature = 0x02014b50, LocalSignature = 0x04034b50;
    private const int EndBytes = 22, End64Bytes = 56, Locator64Bytes = 20, EntryBytes = 46, LocalBytes = 30;

    /// <exception cref="KansformersException">The archive is truncated, corrupted, compressed or encrypted.</exception>
    public static IReadOnlyDictionary<string, ZipEntry> Read(MappedFile file)
    {
        (long start, long length, long count) = FindDirectory(file);
        if (start < 0 || length < 0 || start > file.Length || length > file.Length - start || length > int.MaxValue || count > length / EntryBytes)
            throw file.Fault("the directory of the zip archive lies outside the file; it is corrupted");
        ReadOnlySpan<byte> directory = file.Span(start, (int)length);
        Dictionary<string, ZipEntry> entries = new(StringComparer.Ordinal);
        for (long i = 0; i < count; i++)
        {
            ZipEntry entry = ReadEntry(file, ref directory, start);
            if (!entries.TryAdd(entry.Name, entry))
                throw file.Fault($"the zip archive holds '{Readable.Text(entry.Name)}' twice");
        }

        return entries;
    }

    private static (long Start, long Length, long Count) FindDirectory(MappedFile file)
    {
        // The end record is last, before a comment of at most 64 KB.
        int tailLength = (int)Math.Min(file.Length, EndBytes + ushort.MaxValue);
        long tailStart = file.Length - tailLength;
        ReadOnlySpan<byte> tail = file.Span(tailStart, tailLength);
        for (int at = tailLength - EndBytes; at >= 0; at--)
        {
            ReadOnlySpan<byte> end = tail[at..];
            if (UInt32(end, 0) != EndSignature || UInt16(end, 20) != end.Length - EndBytes)
                continue;
            (long start, long length, long count) = (UInt32(end, 16), UInt32(end, 12), UInt16(end, 10));
            bool needs64 = start == uint.MaxValue || length == uint.MaxValue || count == ushort.MaxValue;
            return needs64 ? FindDirectory64(file, tailStart + at) : (start, length, count);
        }

        throw file.Fault("truncated: the zip archive has no directory at its end; get the file again");
    }

    private static (long Start, long Length, long Count) FindDirectory64(MappedFile file, long end)
    {
        long at = end - Locator64Bytes;
        if (at >= 0 && UInt32(file.Span(at, Locator64Bytes), 0) == Locator64Signature)
        {
            long record = Int64(file.Span(at, Locator64Bytes), 8);
            if (record >= 0 && record <= file.Length - End64Bytes && UInt32(file.Span(record, End64Bytes), 0) == End64Signature)
            {
                ReadOnlySpan<byte> end64 = file.Span(record, End64Bytes);
                return (Int64(end64, 48), Int64(end64, 40), Int64(end64, 32));
            }
        }

        throw file.Fault("the zip64 directory of the archive is missing; it is corrupted");
    }

    private static ZipEntry ReadEntry(MappedFile file, ref ReadOnlySpan<byte> directory, long directoryStart)
    {
        if (directory.Length < EntryBytes || UInt32(directory, 0) != EntrySignature)
            throw file.Fault("the directory of the zip archive is corrupted");
        (int nameLength, int extraLength, int commentLength) = (UInt16(directory, 28), UInt16(directory, 30), UInt16(directory, 32));
        int total = EntryBytes + nameLength + extraLength + commentLength;
        if (directory.Length < total)
            throw file.Fault("the directory of the zip archive is corrupted");
        string name = Encoding.UTF8.GetString(directory.Slice(EntryBytes, nameLength));
        string shown = Readable.Text(name);
        if ((UInt16(directory, 8) & 1) != 0)
            throw file.Fault($"the archive's '{shown}' is encrypted");
        if (UInt16(directory, 10) != 0)
            throw file.Fault($"the archive's '{shown}' is compressed, which torch.save never does; unpack it and pack it again without compression");
        uint checksum = UInt32(directory, 16);
        (long stored, long size, long local) = (UInt32(directory, 20), UInt32(directory, 24), UInt32(directory, 42));
        ReadExtra64(directory.Slice(EntryBytes + nameLength, extraLength), ref size, ref stored, ref local);
        if (stored != size)
            throw file.Fault($"the archive's '{shown}' has two different sizes; it is corrupted");
        if (local < 0 || local > directoryStart - LocalBytes || UInt32(file.Span(local, LocalBytes), 0) != LocalSignature)
            throw file.Fault($"the archive's '{shown}' is not where the directory says; it is corrupted");
        ReadOnlySpan<byte> header = file.Span(local, LocalBytes);
        long start = local + LocalBytes + UInt16(header, 26) + UInt16(header, 28);
        if (size < 0 || start > directoryStart || size > directoryStart - start)
            throw file.Fault($"the archive's '{shown}' reaches beyond the file: it says {size} bytes; it is corrupted");
        directory = directory[total..];
        return new ZipEntry(name, start, size, checksum);
    }

    /// <summary>Field 1 of the extra data holds, in this order, those of the values that do not fit in 32 bits.</summary>
    private static void ReadExtra64(ReadOnlySpan<byte> extra, ref long size, ref long stored, ref long local)
    {
        while (extra.Length >= 4)
        {
            (int id, int length) = (UInt16(extra, 0), UInt16(extra, 2));
            if (length > extra.Length - 4)
                return;
            if (id == 1)
            {
                ReadOnlySpan<byte> values = extra.Slice(4, length);
                Take(ref values, ref size);
                Take(ref values, ref stored);
                Take(ref values, ref local);
                return;
            }

            extra = extra[(4 + length)..];
        }

        static void Take(ref ReadOnlySpan<byte> values, ref long value)
        {
            if (value != uint.MaxValue || values.Length < 8)
                return;
            value = Int64(values, 0);
            values = values[8..];
        }
    }

    private static int UInt16(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]);

    private static uint UInt32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    private static long Int64(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadInt64LittleEndian(bytes[offset..]);
}
