using System.Buffers.Binary;

namespace Kansformers.Text;

/// <summary>The values of a page that are there, one after another, as bytes.</summary>
internal abstract class ParquetValues
{
    /// <summary>The encoding of values as they are, each behind its length.</summary>
    public const long Plain = 0;

    private const long PlainDictionary = 2, RunLengths = 3, DeltaNumbers = 5, DeltaLength = 6, Delta = 7, Dictionary = 8, Split = 9;

    /// <summary>The next value.</summary>
    public abstract ReadOnlySpan<byte> Next();

    /// <summary>The values of a page.</summary>
    /// <param name="column">What they are values of.</param>
    /// <param name="encoding">How they are written.</param>
    /// <param name="bytes">The page, unpacked.</param>
    /// <param name="dictionary">The values of the dictionary; null where there is none.</param>
    public static ParquetValues Of(ParquetColumn column, long encoding, ReadOnlyMemory<byte> bytes, ReadOnlyMemory<byte>[]? dictionary) => (encoding, column.Content) switch
    {
        (PlainDictionary or Dictionary, _) => new DictionaryValues(bytes, dictionary ?? throw new InvalidDataException("its dictionary is missing")),
        (Plain, ParquetContent.Text) => new PlainValues(bytes),
        (DeltaLength, ParquetContent.Text) => new DeltaLengthValues(bytes, 0),
        (Delta, ParquetContent.Text) => new DeltaValues(bytes),
        (Plain, ParquetContent.Truth) => ParquetNumbers.PlainTruths(bytes),
        (RunLengths, ParquetContent.Truth) => ParquetNumbers.Truths(bytes),
        (DeltaNumbers, ParquetContent.Integer or ParquetContent.Unsigned) => ParquetNumbers.Differences(bytes, column.ValueBytes),
        (Plain, not ParquetContent.Text) => ParquetNumbers.Plain(bytes, column.ValueBytes),
        (Split, not ParquetContent.Text) when column.ValueBytes > 0 => ParquetNumbers.Split(bytes, column.ValueBytes),
        _ => throw new InvalidDataException($"the values of '{column.Name}' are encoded by method {encoding}, which is not for them"),
    };

    /// <summary>The values of a dictionary page.</summary>
    public static ReadOnlyMemory<byte>[] ReadDictionary(ParquetColumn column, ReadOnlyMemory<byte> bytes, long count)
    {
        // Of values of any length each takes at least the four bytes of that.
        int size = column.ValueBytes > 0 ? column.ValueBytes : 4;
        if (count > bytes.Length / size)
            throw new InvalidDataException("its dictionary is cut short");
        ReadOnlyMemory<byte>[] values = new ReadOnlyMemory<byte>[count];
        PlainValues plain = new(bytes);
        for (int i = 0; i < values.Length; i++)
            values[i] = column.ValueBytes > 0 ? bytes.Slice(i * size, size) : plain.NextMemory();
        return values;
    }

    private sealed class PlainValues(ReadOnlyMemory<byte> bytes) : ParquetValues
    {
        private ReadOnlyMemory<byte> _rest = bytes;

        public override ReadOnlySpan<byte> Next() => NextMemory().Span;

        public ReadOnlyMemory<byte> NextMemory()
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(_rest.Span);
            ReadOnlyMemory<byte> value = _rest.Slice(4, length);
            _rest = _rest[(4 + length)..];
            return value;
        }
    }

    private sealed class DictionaryValues(ReadOnlyMemory<byte> bytes, ReadOnlyMemory<byte>[] dictionary) : ParquetValues
    {
        // Made at the first value: a page in which all are missing may have no bytes at all.
        private HybridRuns? _indices;

        public override ReadOnlySpan<byte> Next()
        {
            _indices ??= bytes.Span[0] <= 31 ? new HybridRuns(bytes[1..], bytes.Span[0]) : throw new InvalidDataException("the width of its dictionary is damaged");
            return dictionary[_indices.Next()].Span;
        }
    }

    private sealed class DeltaLengthValues : ParquetValues
    {
        private readonly ReadOnlyMemory<byte> _bytes;
        private readonly DeltaIntegers _lengths;
        private int _at;

        public DeltaLengthValues(ReadOnlyMemory<byte> bytes, int start)
        {
            _bytes = bytes;
            _lengths = new DeltaIntegers(bytes, start);
            _at = EndOf(bytes, start);
        }

        public override ReadOnlySpan<byte> Next()
        {
            int length = _lengths.Next(), at = _at;
            _at = checked(at + length);
            return _bytes.Span[at.._at];
        }
    }

    /// <summary>Each value shares so many bytes with the one before.</summary>
    private sealed class DeltaValues(ReadOnlyMemory<byte> bytes) : ParquetValues
    {
        private readonly DeltaIntegers _shared = new(bytes, 0);
        private readonly DeltaLengthValues _rest = new(bytes, EndOf(bytes, 0));
        private byte[] _value = [];
        private int _length;

        public override ReadOnlySpan<byte> Next()
        {
            int shared = _shared.Next();
            ReadOnlySpan<byte> rest = _rest.Next();
            if (shared > _length)
                throw new InvalidDataException("a value shares more with the one before than that has");
            _length = checked(shared + rest.Length);
            if (_length > _value.Length)
                Array.Resize(ref _value, (int)Math.Min(2L * _length, Array.MaxLength));
            rest.CopyTo(_value.AsSpan(shared));
            return _value.AsSpan(0, _length);
        }
    }

    /// <summary>Where a list of lengths ends.</summary>
    private static int EndOf(ReadOnlyMemory<byte> bytes, int start)
    {
        DeltaIntegers lengths = new(bytes, start);
        while (lengths.Left > 0)
            lengths.Next();
        return lengths.End;
    }
}
