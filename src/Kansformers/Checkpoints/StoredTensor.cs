using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Kansformers.Checkpoints;

/// <summary>
/// A named tensor of a checkpoint: its type and shape are known, its elements are read from the file when asked for,
/// always contiguous and row-major, whatever the layout in the file. Usable until its <see cref="TensorFile"/> is disposed.
/// </summary>
public sealed class StoredTensor
{
    private readonly TensorBytes _bytes;

    internal StoredTensor(string name, StoredType type, ImmutableArray<long> shape, TensorBytes bytes)
    {
        (Name, Type, Shape, _bytes) = (name, type, shape, bytes);
    }

    /// <summary>The key under which the file holds it, such as <c>transformer.wte.weight</c>.</summary>
    public string Name { get; }

    /// <summary>The type of the elements.</summary>
    public StoredType Type { get; }

    /// <summary>The dimensions; empty for a scalar.</summary>
    public ImmutableArray<long> Shape { get; }

    /// <summary>The number of elements.</summary>
    public long Count => ByteLength / Type.Size();

    /// <summary>The number of bytes of all elements.</summary>
    public long ByteLength => _bytes.Length;

    /// <summary>A tensor of bytes in memory, to be written to a file.</summary>
    /// <param name="name">The key in the file.</param>
    /// <param name="type">The type of the elements.</param>
    /// <param name="shape">The dimensions; empty for a scalar.</param>
    /// <param name="bytes">The elements, row-major and little-endian; not copied.</param>
    /// <exception cref="ArgumentException">The bytes are not as many as type and shape say.</exception>
    public static StoredTensor Create(string name, StoredType type, ImmutableArray<long> shape, ReadOnlyMemory<byte> bytes)
    {
        ArgumentNullException.ThrowIfNull(name);
        long expected = type.Size();
        foreach (long size in shape)
            expected = checked(expected * size);
        if (expected != bytes.Length)
            throw new ArgumentException($"{type} {ShapeText(shape.AsSpan())} takes {expected} bytes, got {bytes.Length}", nameof(bytes));
        return new StoredTensor(name, type, shape, new ArrayBytes(bytes));
    }

    /// <summary>Copies all elements.</summary>
    /// <param name="destination">At least <see cref="ByteLength"/> bytes.</param>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    /// <exception cref="KansformersException">The bytes do not match their checksum.</exception>
    public void CopyTo(Span<byte> destination)
    {
        if (destination.Length < ByteLength)
            throw new ArgumentException($"tensor '{Name}' has {ByteLength} bytes, the destination {destination.Length}", nameof(destination));
        _bytes.Read(0, destination[..(int)ByteLength]);
    }

    /// <summary>Copies a part, for tensors larger than a span.</summary>
    /// <param name="byteOffset">Where the part starts.</param>
    /// <param name="destination">Is filled.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part reaches beyond the tensor.</exception>
    /// <exception cref="KansformersException">The bytes do not match their checksum.</exception>
    public void Read(long byteOffset, Span<byte> destination)
    {
        if (byteOffset < 0 || destination.Length > ByteLength - byteOffset)
            throw new ArgumentOutOfRangeException(nameof(byteOffset));
        _bytes.Read(byteOffset, destination);
    }

    /// <summary>All elements as an array.</summary>
    /// <typeparam name="T">A type of the same size: <see cref="float"/> for F32, <see cref="Half"/> for F16, <see cref="bool"/> for Bool, and so on.</typeparam>
    /// <exception cref="ArgumentException">The size of <typeparamref name="T"/> is not that of the element type.</exception>
    /// <exception cref="KansformersException">The bytes do not match their checksum, or are too many for an array.</exception>
    public T[] ToArray<T>()
        where T : unmanaged
    {
        if (Unsafe.SizeOf<T>() != Type.Size())
            throw new ArgumentException($"tensor '{Name}' holds {Type}, which {typeof(T).Name} cannot hold");
        if (ByteLength > Array.MaxLength)
            throw new KansformersException($"tensor '{Name}' has {ByteLength} bytes, too many for an array; read it in parts");
        T[] array = new T[Count];
        CopyTo(MemoryMarshal.AsBytes(array.AsSpan()));
        return array;
    }

    /// <summary>Checks the elements against the checksum, where the file format has one (PyTorch's zip archives).</summary>
    /// <exception cref="KansformersException">They do not match.</exception>
    public void Verify() => _bytes.Verify();

    /// <summary>Type and shape, as in <c>transformer.wte.weight F32 (65, 16)</c>.</summary>
    public override string ToString() => $"{Name} {Type} {ShapeText(Shape.AsSpan())}";

    /// <summary>The shape as people write it: <c>(65, 16)</c>, <c>(3)</c>, <c>()</c>.</summary>
    internal static string ShapeText(ReadOnlySpan<long> shape)
    {
        string[] sizes = new string[shape.Length];
        for (int i = 0; i < sizes.Length; i++)
            sizes[i] = shape[i].ToString(CultureInfo.InvariantCulture);
        return $"({string.Join(", ", sizes)})";
    }

    /// <summary>Equal for tensors that are the same elements under several names.</summary>
    internal object Identity => (Type, _bytes.Identity);

    /// <summary>Whether another tensor has the same type, shape and bits.</summary>
    internal bool Same(StoredTensor other)
    {
        if (Type != other.Type || !Shape.AsSpan().SequenceEqual(other.Shape.AsSpan()))
            return false;
        if (Identity.Equals(other.Identity))
            return true;
        const int part = 1 << 20;
        byte[] first = new byte[part], second = new byte[part];
        for (long at = 0; at < ByteLength; at += part)
        {
            int length = (int)Math.Min(part, ByteLength - at);
            Read(at, first.AsSpan(0, length));
            other.Read(at, second.AsSpan(0, length));
            if (!first.AsSpan(0, length).SequenceEqual(second.AsSpan(0, length)))
                return false;
        }

        return true;
    }

    /// <summary>The transposed matrix, read in place.</summary>
    /// <exception cref="ArgumentException">It is no matrix.</exception>
    internal StoredTensor Transposed() => Shape is [long rows, long columns]
        ? new StoredTensor(Name, Type, [columns, rows], StridedBytes.View(_bytes, Type.Size(), 0, [columns, rows], [1, columns]))
        : throw new ArgumentException($"tensor '{Name}' has shape {ShapeText(Shape.AsSpan())}, only a matrix can be transposed");

    /// <summary>Some of the rows, read in place: part <paramref name="part"/> of <paramref name="parts"/> equal ones.</summary>
    /// <exception cref="ArgumentException">The rows cannot be parted so.</exception>
    internal StoredTensor RowPart(string name, int part, int parts)
    {
        if (Shape.Length == 0 || Shape[0] % parts != 0)
            throw new ArgumentException($"tensor '{Name}' has shape {ShapeText(Shape.AsSpan())}, which has no {parts} equal parts");
        ImmutableArray<long> shape = Shape.SetItem(0, Shape[0] / parts);
        return new StoredTensor(name, Type, shape, StridedBytes.View(_bytes, Type.Size(), Count / parts * part, [Count / parts], [1]));
    }

    /// <summary>Tensors one below the other, read in place.</summary>
    /// <param name="name">The name of the whole.</param>
    /// <param name="parts">Tensors of one type, and of one shape but for the rows.</param>
    /// <exception cref="ArgumentException">They do not lie below each other.</exception>
    internal static StoredTensor Joined(string name, IReadOnlyList<StoredTensor> parts)
    {
        StoredTensor first = parts[0];
        if (parts.Any(part => part.Type != first.Type || part.Shape.Length == 0 || !part.Shape.AsSpan(1..).SequenceEqual(first.Shape.AsSpan(1..))))
            throw new ArgumentException($"{string.Join(", ", parts)} cannot lie one below the other");
        return new StoredTensor(name, first.Type, first.Shape.SetItem(0, parts.Sum(part => part.Shape[0])), new JoinedBytes([.. parts.Select(part => part._bytes)]));
    }

    /// <summary>A tensor of zeros, which take no memory.</summary>
    internal static StoredTensor Zeros(string name, StoredType type, ImmutableArray<long> shape) => new(name, type, shape, new ZeroBytes(shape.Aggregate((long)type.Size(), (count, size) => count * size)));

    internal StoredTensor WithName(string name) => new(name, Type, Shape, _bytes);

    internal void WriteTo(Stream stream) => _bytes.WriteTo(stream);
}
