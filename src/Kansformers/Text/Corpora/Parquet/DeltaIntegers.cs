namespace Kansformers.Text;

/// <summary>
/// Lengths, or other integers, as the encoding DELTA_BINARY_PACKED writes them: the first one, then differences in blocks, each with its smallest and,
/// for its parts, a number of bits. Read one by one, so that a file that promises many takes no memory for them.
/// </summary>
internal sealed class DeltaIntegers
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly int _partSize;
    private readonly byte[] _widths;
    private int _at;
    private long _value;
    private long _left;
    private bool _first = true;
    private int _part;
    private int _inPart;
    private long _smallest;
    private long _bit;

    public DeltaIntegers(ReadOnlyMemory<byte> bytes, int start)
    {
        (_bytes, _at) = (bytes, start);
        ReadOnlySpan<byte> span = bytes.Span;
        long block = VariableInteger.Read(span, ref _at), parts = VariableInteger.Read(span, ref _at);
        _left = VariableInteger.Read(span, ref _at);
        _value = VariableInteger.ReadSigned(span, ref _at);
        if (block is <= 0 or > 1 << 20 || parts is <= 0 or > 1 << 10 || block % parts != 0 || block / parts % 8 != 0 || _left < 0)
            throw new InvalidDataException("a list of lengths is damaged");
        _partSize = (int)(block / parts);
        _widths = new byte[parts];
        (_part, _inPart) = ((int)parts - 1, _partSize);
    }

    /// <summary>How many there are still.</summary>
    public long Left => _left;

    /// <summary>Where the list ends in the bytes; known when all are read.</summary>
    public int End => _at;

    /// <summary>The next one, which must be a length.</summary>
    public int Next() => NextInteger() is >= 0 and <= int.MaxValue and long length ? (int)length : throw new InvalidDataException("a length is damaged");

    /// <summary>The next one, whatever its size.</summary>
    public long NextInteger()
    {
        if (_left == 0)
            throw new InvalidDataException("there are fewer lengths than values");
        _left--;
        if (_first)
            _first = false;
        else
            _value = unchecked(_value + NextDifference());
        return _value;
    }

    private long NextDifference()
    {
        ReadOnlySpan<byte> span = _bytes.Span;
        if (_inPart == _partSize)
            BeginPart(span);
        _inPart++;
        int width = _widths[_part];
        ulong value = 0;
        for (int done = 0; done < width;)
        {
            int shift = (int)(_bit & 7), bits = Math.Min(8 - shift, width - done);
            ulong part = ((ulong)span[(int)(_bit >> 3)] >> shift) & ((1UL << bits) - 1);
            value |= part << done;
            done += bits;
            _bit += bits;
        }

        return _smallest + (long)value;
    }

    private void BeginPart(ReadOnlySpan<byte> span)
    {
        _inPart = 0;
        if (++_part == _widths.Length)
        {
            _part = 0;
            _smallest = VariableInteger.ReadSigned(span, ref _at);
            span.Slice(_at, _widths.Length).CopyTo(_widths);
            _at += _widths.Length;
        }

        if (_widths[_part] > 64)
            throw new InvalidDataException("a list of lengths is damaged");
        _bit = 8L * _at;

        // The parts of the last block that hold no values are not there.
        _at = (int)Math.Min(_at + ((long)_partSize * _widths[_part] / 8), span.Length);
    }
}
