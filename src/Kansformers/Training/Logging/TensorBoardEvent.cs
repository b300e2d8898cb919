using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Kansformers.Training;

/// <summary>
/// One <c>tensorflow.Event</c> message and its frame in an events file. Only the four forms that we write:
/// <c>Event { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5; SessionLog session_log = 7; }</c>,
/// <c>Summary { repeated Value value = 1; }</c>, <c>Value { string tag = 1; float simple_value = 2; }</c>,
/// <c>SessionLog { Status status = 1; }</c> (START is 1).
/// </summary>
internal static class TensorBoardEvent
{
    private const int Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5;

    public static byte[] Version(double wallTime) => Event(wallTime, null, 3, "brain.Event:2"u8.ToArray());

    public static byte[] SessionStart(double wallTime, long step)
    {
        List<byte> session = [];
        Tag(session, 1, Varint);
        WriteVarint(session, 1);
        return Event(wallTime, step, 7, session);
    }

    public static byte[] Scalars(double wallTime, long step, ReadOnlySpan<(string Tag, double Value)> scalars)
    {
        List<byte> summary = [];
        Span<byte> number = stackalloc byte[4];
        foreach ((string tag, double scalar) in scalars)
        {
            List<byte> value = [];
            WriteBytes(value, 1, Encoding.UTF8.GetBytes(tag));
            Tag(value, 2, Fixed32);
            BinaryPrimitives.WriteSingleLittleEndian(number, (float)scalar);
            value.AddRange(number);
            WriteBytes(summary, 1, value);
        }

        return Event(wallTime, step, 5, summary);
    }

    /// <summary>A record as TFRecord files frame it: length (8 bytes), its masked CRC, the data, their masked CRC (4 bytes each), little-endian.</summary>
    public static byte[] Frame(ReadOnlySpan<byte> data)
    {
        byte[] record = new byte[8 + 4 + data.Length + 4];
        BinaryPrimitives.WriteUInt64LittleEndian(record, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), Mask(Crc32C(record.AsSpan(0, 8))));
        data.CopyTo(record.AsSpan(12));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12 + data.Length), Mask(Crc32C(data)));
        return record;
    }

    /// <summary>CRC-32C (Castagnoli), by the processor's instruction where it has one.</summary>
    public static uint Crc32C(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        for (; data.Length >= 8; data = data[8..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
        foreach (byte value in data)
            crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }

    /// <summary>TFRecord files mask their CRCs, since the CRC of data that holds a CRC is weak.</summary>
    private static uint Mask(uint crc) => BitOperations.RotateRight(crc, 15) + 0xa282ead8;

    private static byte[] Event(double wallTime, long? step, int field, IReadOnlyCollection<byte> content)
    {
        List<byte> message = [];
        Tag(message, 1, Fixed64);
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(number, wallTime);
        message.AddRange(number);
        if (step is long known)
        {
            Tag(message, 2, Varint);
            WriteVarint(message, (ulong)known);
        }

        WriteBytes(message, field, content);
        return [.. message];
    }

    private static void WriteBytes(List<byte> message, int field, IReadOnlyCollection<byte> content)
    {
        Tag(message, field, Bytes);
        WriteVarint(message, (ulong)content.Count);
        message.AddRange(content);
    }

    private static void Tag(List<byte> message, int field, int wireType) => WriteVarint(message, (ulong)((field << 3) | wireType));

    private static void WriteVarint(List<byte> message, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            message.Add((byte)(value | 0x80));
        message.Add((byte)value);
    }
}
