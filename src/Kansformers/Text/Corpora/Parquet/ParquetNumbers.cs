using System.Buffers.Binary;
using System.Globalization;

namespace Kansformers.Text;

/// <summary>Numbers and truth values of Parquet pages, as the bytes of each.</summary>
internal static class ParquetNumbers
{
    /// <summary>Numbers one behind the other.</summary>
    public static ParquetValues Plain(ReadOnlyMemory<byte> bytes, int size) => new Made(i => bytes.Slice(checked((int)(i * size)), size));

    /// <summary>The first bytes of all numbers, then the second bytes, and so on.</summary>
    public static ParquetValues Split(ReadOnlyMemory<byte> bytes, int size)
    {
        byte[] value = new byte[size];
        int count = bytes.Length / size;
        return new Made(i =>
        {
            for (int part = 0; part < size; part++)
                value[part] = i < count ? bytes.Span[(part * count) + (int)i] : throw new InvalidDataException("a page has fewer values than it says");
            return value;
        });
    }

    /// <summary>Differences to the number before; in 32 bits they go round.</summary>
    public static ParquetValues Differences(ReadOnlyMemory<byte> bytes, int size)
    {
        DeltaIntegers integers = new(bytes, 0);
        byte[] value = new byte[8];
        return new Made(_ =>
        {
            BinaryPrimitives.WriteInt64LittleEndian(value, integers.NextInteger());
            return value.AsMemory(0, size);
        });
    }

    /// <summary>Truth values of a bit each.</summary>
    public static ParquetValues PlainTruths(ReadOnlyMemory<byte> bytes)
    {
        byte[] value = new byte[1];
        return new Made(i =>
        {
            value[0] = (byte)((bytes.Span[checked((int)(i >> 3))] >> (int)(i & 7)) & 1);
            return value;
        });
    }

    /// <summary>Truth values in runs, behind the length of these.</summary>
    public static ParquetValues Truths(ReadOnlyMemory<byte> bytes)
    {
        HybridRuns runs = new(bytes.Slice(4, BinaryPrimitives.ReadInt32LittleEndian(bytes.Span)), 1);
        byte[] value = new byte[1];
        return new Made(_ =>
        {
            value[0] = (byte)runs.Next();
            return value;
        });
    }

    /// <summary>A value as JSON writes it; numbers that JSON has not, as NaN, by their names.</summary>
    public static string Text(ParquetColumn column, ReadOnlySpan<byte> value) => column.Content switch
    {
        ParquetContent.Truth => value[0] != 0 ? "true" : "false",
        ParquetContent.Fraction => value.Length == 4 ? BinaryPrimitives.ReadSingleLittleEndian(value).ToString("R", CultureInfo.InvariantCulture)
            : BinaryPrimitives.ReadDoubleLittleEndian(value).ToString("R", CultureInfo.InvariantCulture),
        ParquetContent.Unsigned => (value.Length == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(value) : BinaryPrimitives.ReadUInt64LittleEndian(value)).ToString(CultureInfo.InvariantCulture),
        _ => (value.Length == 4 ? BinaryPrimitives.ReadInt32LittleEndian(value) : BinaryPrimitives.ReadInt64LittleEndian(value)).ToString(CultureInfo.InvariantCulture),
    };

    private sealed class Made(Func<long, ReadOnlyMemory<byte>> value) : ParquetValues
    {
        private long _at;

        public override ReadOnlySpan<byte> Next() => value(_at++).Span;
    }
}
