using System.Text;

namespace Kansformers.Text;

/// <summary>Reads Thrift's compact protocol, in which Parquet writes its metadata. Whatever is not well-formed is <see cref="InvalidDataException"/>.</summary>
internal ref struct ThriftReader(ReadOnlySpan<byte> bytes)
{
    private const int MaximumDepth = 32;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>How many bytes have been read.</summary>
    public int Position { get; private set; }

    /// <summary>Goes to the next field of a struct; false at its end. Start with an id of 0.</summary>
    public bool NextField(ref int id, out ThriftType type)
    {
        byte head = ReadByte();
        type = (ThriftType)(head & 15);
        if (type == ThriftType.Stop)
            return false;
        id = head >> 4 is int step and > 0 ? id + step : (int)ReadInteger();
        return true;
    }

    /// <summary>The value of a field that must be an integer.</summary>
    public long Integer(ThriftType type) => type is ThriftType.I16 or ThriftType.I32 or ThriftType.I64 ? ReadInteger() : throw Damaged();

    /// <summary>The value of a field that must be a string.</summary>
    public string Text(ThriftType type) => type == ThriftType.Binary ? Encoding.UTF8.GetString(ReadBinary()) : throw Damaged();

    /// <summary>The number of structs in a field that must be a list of them; they follow.</summary>
    public int Structs(ThriftType type) => List(type, ThriftType.Struct);

    /// <summary>The number of elements in a field that must be a list of a type; they follow.</summary>
    public int List(ThriftType type, ThriftType element)
    {
        if (type != ThriftType.List)
            throw Damaged();
        (ThriftType actual, int count) = ReadListHead();
        return count == 0 || actual == element ? count : throw Damaged();
    }

    public static void RequireStruct(ThriftType type)
    {
        if (type != ThriftType.Struct)
            throw Damaged();
    }

    /// <summary>Passes over a value.</summary>
    public void Skip(ThriftType type, int depth = 0)
    {
        if (depth > MaximumDepth)
            throw Damaged();
        switch (type)
        {
            case ThriftType.True or ThriftType.False:
                break;
            case ThriftType.Byte:
                ReadByte();
                break;
            case ThriftType.I16 or ThriftType.I32 or ThriftType.I64:
                ReadInteger();
                break;
            case ThriftType.Double:
                Take(8);
                break;
            case ThriftType.Binary:
                ReadBinary();
                break;
            case ThriftType.List or ThriftType.Set:
                (ThriftType element, int count) = ReadListHead();
                SkipElements(element, count, depth);
                break;
            case ThriftType.Map:
                if (ReadCount() is int pairs and > 0)
                {
                    byte types = ReadByte();
                    for (int i = 0; i < pairs; i++)
                    {
                        SkipElements((ThriftType)(types >> 4), 1, depth);
                        SkipElements((ThriftType)(types & 15), 1, depth);
                    }
                }

                break;
            case ThriftType.Struct:
                for (int id = 0; NextField(ref id, out ThriftType field);)
                    Skip(field, depth + 1);
                break;
            default:
                throw Damaged();
        }
    }

    private void SkipElements(ThriftType type, int count, int depth)
    {
        // In a list a truth value takes a byte; every element takes at least one, so the work is bounded by the bytes.
        for (int i = 0; i < count; i++)
            Skip(type is ThriftType.True or ThriftType.False ? ThriftType.Byte : type, depth + 1);
    }

    private (ThriftType Element, int Count) ReadListHead()
    {
        byte head = ReadByte();
        int count = head >> 4;
        return ((ThriftType)(head & 15), count == 15 ? ReadCount() : count);
    }

    private ReadOnlySpan<byte> ReadBinary() => Take(ReadCount());

    // A count beyond the bytes at hand is one of a header that is longer than what was read of it, or damage: the caller knows which.
    private int ReadCount() => ReadVariable() is ulong count && count <= (ulong)(_bytes.Length - Position) ? (int)count
        : count <= int.MaxValue ? throw new EndOfStreamException() : throw Damaged();

    private long ReadInteger() => ReadVariable() is ulong value ? (long)(value >> 1) ^ -(long)(value & 1) : 0;

    private ulong ReadVariable()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            byte part = ReadByte();
            value |= (ulong)(part & 127) << shift;
            if (part < 128)
                return value;
        }

        throw Damaged();
    }

    private byte ReadByte() => Take(1)[0];

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _bytes.Length - Position)
            throw new EndOfStreamException();
        ReadOnlySpan<byte> taken = _bytes.Slice(Position, count);
        Position += count;
        return taken;
    }

    private static InvalidDataException Damaged() => new("its metadata is damaged");
}

/// <summary>The types of Thrift's compact protocol; the two truth values are types of their own.</summary>
internal enum ThriftType
{
    Stop,
    True,
    False,
    Byte,
    I16,
    I32,
    I64,
    Double,
    Binary,
    List,
    Set,
    Map,
    Struct,
}
