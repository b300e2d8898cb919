namespace Kansformers.Text;

/// <summary>Small numbers as Parquet writes them: runs of the same one, and groups of eight packed in bits.</summary>
internal sealed class HybridRuns(ReadOnlyMemory<byte> bytes, int width)
{
    private int _at;
    private int _left; // in the run
    private bool _packed;
    private int _value; // of a run of the same
    private long _bit; // of the next value of a packed run

    /// <summary>The next number.</summary>
    public int Next()
    {
        while (_left == 0)
            BeginRun();
        _left--;
        if (!_packed)
            return _value;
        ReadOnlySpan<byte> span = bytes.Span;
        long value = 0;
        int first = (int)(_bit >> 3), shift = (int)(_bit & 7);
        for (int i = 0; 8 * i < shift + width; i++)
            value |= (long)span[first + i] << (8 * i);
        _bit += width;
        return (int)((value >> shift) & ((1L << width) - 1));
    }

    private void BeginRun()
    {
        ReadOnlySpan<byte> span = bytes.Span;
        long head = VariableInteger.Read(span, ref _at);
        _packed = (head & 1) != 0;
        long count = (head >> 1) * (_packed ? 8 : 1);
        if (count is <= 0 or > int.MaxValue)
            throw new InvalidDataException("a run of values is damaged");
        _left = (int)count;
        if (!_packed)
        {
            _value = 0;
            for (int i = 0; i < (width + 7) / 8; i++)
                _value |= span[_at++] << (8 * i);
            return;
        }

        _bit = 8L * _at;
        long needed = count * width / 8;

        // The last group may be cut off behind the last value that counts.
        _at = (int)Math.Min(_at + needed, span.Length);
    }
}

/// <summary>Numbers of seven bits a byte.</summary>
internal static class VariableInteger
{
    public static long Read(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte part = bytes[at++];
            value |= (ulong)(part & 127) << shift;
            if (part < 128)
                return (long)value;
        }

        throw new InvalidDataException("a number is damaged");
    }

    public static long ReadSigned(ReadOnlySpan<byte> bytes, ref int at)
    {
        long value = Read(bytes, ref at);
        return (long)((ulong)value >> 1) ^ -(value & 1);
    }
}
