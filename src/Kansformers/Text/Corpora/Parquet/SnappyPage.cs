namespace Kansformers.Text;

/// <summary>
/// A page that is packed by snappy (its raw format, <see href="https://github.com/google/snappy/blob/main/format_description.txt"/>), unpacked as it is
/// read. The format lets a copy reach back to the beginning of the page, but compressors work on blocks of 64 KB, so that is all that is kept.
/// </summary>
internal sealed class SnappyPage(Stream packed) : ForwardStream
{
    private const int Reach = 1 << 16, LongestCopy = 64;

    private readonly byte[] _input = new byte[1 << 15];
    private readonly byte[] _output = new byte[(2 * Reach) + LongestCopy]; // what may be copied again, then what is not read yet
    private int _inputAt;
    private int _inputEnd;
    private int _at;
    private int _end;
    private long _left = -1; // bytes of the page that are not unpacked yet; less than 0 before the beginning
    private long _literal; // bytes that come as they are

    public override int Read(Span<byte> buffer)
    {
        if (_at == _end)
            Unpack();
        int count = Math.Min(buffer.Length, _end - _at);
        _output.AsSpan(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            packed.Dispose();
        base.Dispose(disposing);
    }

    private void Unpack()
    {
        if (_left < 0)
            _left = ReadLength();
        int kept = Math.Min(_end, Reach);
        _output.AsSpan(_end - kept, kept).CopyTo(_output);
        _at = _end = kept;
        while (_left > 0 && _end - kept < Reach)
        {
            if (_literal > 0)
                CopyLiteral(kept + Reach - _end);
            else
                ReadElement();
        }
    }

    private void ReadElement()
    {
        int tag = ReadByte8(), length = tag >> 2;
        switch (tag & 3)
        {
            case 0:
                _literal = 1L + (length < 60 ? length : ReadNumber(length - 59));
                if (_literal > _left)
                    throw new InvalidDataException("a page is longer than it says");
                break;
            case 1:
                Copy((length & 7) + 4, ((uint)(tag >> 5) << 8) | (uint)ReadByte8());
                break;
            case 2:
                Copy(length + 1, ReadNumber(2));
                break;
            default:
                Copy(length + 1, ReadNumber(4));
                break;
        }
    }

    private void CopyLiteral(int most)
    {
        if (_inputAt == _inputEnd)
            ReadInput();
        int count = (int)Math.Min(Math.Min(_literal, most), _inputEnd - _inputAt);
        _input.AsSpan(_inputAt, count).CopyTo(_output.AsSpan(_end));
        _inputAt += count;
        _end += count;
        _literal -= count;
        _left -= count;
    }

    private void Copy(int length, uint distance)
    {
        if (distance == 0 || distance > _end || length > _left)
            throw new InvalidDataException(distance > Reach ? "a page repeats what lies further back than compressors look" : "a page cannot be unpacked");
        int from = _end - (int)distance;
        if (distance >= length)
        {
            _output.AsSpan(from, length).CopyTo(_output.AsSpan(_end));
        }
        else
        {
            for (int i = 0; i < length; i++)
                _output[_end + i] = _output[from + i]; // it may repeat what it has just written
        }

        _end += length;
        _left -= length;
    }

    private long ReadLength()
    {
        long length = 0;
        for (int shift = 0; shift < 35; shift += 7)
        {
            int part = ReadByte8();
            length |= (long)(part & 127) << shift;
            if (part < 128)
                return length;
        }

        throw new InvalidDataException("a page cannot be unpacked");
    }

    private uint ReadNumber(int bytes)
    {
        uint number = 0;
        for (int i = 0; i < bytes; i++)
            number |= (uint)ReadByte8() << (8 * i);
        return number;
    }

    private int ReadByte8()
    {
        if (_inputAt == _inputEnd)
            ReadInput();
        return _input[_inputAt++];
    }

    private void ReadInput()
    {
        (_inputAt, _inputEnd) = (0, packed.Read(_input));
        if (_inputEnd == 0)
            throw new InvalidDataException("a page is shorter than it says");
    }
}
