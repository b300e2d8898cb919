using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using ICSharpCode.SharpZipLib.Zip.Compression;

namespace Kansformers.Text;

/// <summary>
/// Unpacks gzip (RFC 1952): one member behind another, and perhaps zeros from the last one to the end, as tapes and block devices leave them.
/// Anything else behind a member is <see cref="InvalidDataException"/>, and a member that is cut short is <see cref="EndOfStreamException"/>:
/// readers that stop there without a word, as those of .NET and of SharpZipLib do, lose whatever a damaged head begins.
/// </summary>
internal sealed class GzipMembers(Stream packed) : ForwardStream
{
    private const int HeadChecksum = 2, Extra = 4, FileName = 8, Comment = 16, Reserved = 0xE0; // flags of a head
    private const int Deflate = 8;
    private const int Kept = 8; // bytes of the input before, of which some may wait in the inflater when a member ends

    private readonly Inflater _inflater = new(noHeader: true);
    private readonly byte[] _input = new byte[Kept + (1 << 16)];
    private readonly byte[] _output = new byte[1 << 16];
    private Crc32 _checksum = new();
    private int _inputAt = Kept;
    private int _inputEnd = Kept;
    private long _read; // of the file, the input that is held included
    private long _begun; // where the member begins that is read
    private int _outputAt;
    private int _outputEnd;
    private long _members; // begun so far
    private uint _length; // of the member, as its trailer counts: modulo 2^32
    private bool _inMember;
    private bool _ended;

    /// <summary>How many bytes of the file are done with; of a head that cannot be read, none.</summary>
    public long Place => _inMember ? _read - (_inputEnd - _inputAt) : _begun;

    public override int Read(Span<byte> buffer)
    {
        while (_outputAt == _outputEnd && !_ended && buffer.Length > 0)
        {
            if (_inMember)
                Unpack();
            else
                BeginMember();
        }

        int count = Math.Min(buffer.Length, _outputEnd - _outputAt);
        _output.AsSpan(_outputAt, count).CopyTo(buffer);
        _outputAt += count;
        return count;
    }

    private void BeginMember()
    {
        _begun = _read - (_inputEnd - _inputAt);
        if (_members > 0 && (_ended = !HasInput() || TakePadding()))
            return;
        _checksum = new Crc32(); // of the head
        if (TakeByte() != 0x1F || TakeByte() != 0x8B)
            throw Damaged(_members == 0 ? "it does not begin as gzip does" : "behind a member lies neither another one nor zeros to the end");
        _members++;
        if (TakeByte() != Deflate)
            throw Damaged("it is packed by a method that gzip does not have");
        int flags = TakeByte();
        if ((flags & Reserved) != 0)
            throw Damaged("its head has flags that gzip does not have");
        Skip(6); // time, hints, system
        if ((flags & Extra) != 0)
            Skip(TakeByte() | (TakeByte() << 8));
        for (int texts = (flags & FileName) / FileName + (flags & Comment) / Comment; texts > 0; texts--)
        {
            while (TakeByte() != 0)
            {
            }
        }

        int checksum = (int)(_checksum.GetCurrentHashAsUInt32() & 0xFFFF);
        if ((flags & HeadChecksum) != 0 && (TakeByte() | (TakeByte() << 8)) != checksum)
            throw Damaged("its head does not match its checksum");
        _checksum = new Crc32(); // of the content
        (_length, _inMember) = (0, true);
        _inflater.Reset();
        GiveInput();
    }

    /// <summary>Unpacks some of the member, or ends it.</summary>
    private void Unpack()
    {
        (_outputAt, _outputEnd) = (0, _inflater.Inflate(_output, 0, _output.Length));
        _checksum.Append(_output.AsSpan(0, _outputEnd));
        _length += (uint)_outputEnd;
        if (_outputEnd > 0)
            return;
        if (_inflater.IsFinished)
        {
            _inputAt = _inputEnd - _inflater.RemainingInput;
            EndMember();
            return;
        }

        if (!_inflater.IsNeedingInput)
            throw Damaged("its content cannot be unpacked");
        if (!HasInput())
            throw new EndOfStreamException("it ends within a member");
        GiveInput();
    }

    private void EndMember()
    {
        Span<byte> trailer = stackalloc byte[8];
        uint checksum = _checksum.GetCurrentHashAsUInt32();
        for (int i = 0; i < trailer.Length; i++)
            trailer[i] = TakeByte();
        if (BinaryPrimitives.ReadUInt32LittleEndian(trailer) != checksum || BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]) != _length)
            throw Damaged("its content does not match its checksum or its length");
        _inMember = false;
    }

    /// <summary>Passes over zeros; false when there are none.</summary>
    private bool TakePadding()
    {
        if (_input[_inputAt] != 0)
            return false;
        while (HasInput())
        {
            int zeros = _input.AsSpan(_inputAt, _inputEnd - _inputAt).IndexOfAnyExcept((byte)0);
            _inputAt = zeros < 0 ? _inputEnd : _inputAt + zeros;
            if (zeros >= 0)
                throw Damaged("behind a member lie zeros and then something else");
        }

        return true;
    }

    private void GiveInput()
    {
        _inflater.SetInput(_input, _inputAt, _inputEnd - _inputAt);
        _inputAt = _inputEnd;
    }

    private void Skip(int count)
    {
        for (; count > 0; count--)
            TakeByte();
    }

    private byte TakeByte()
    {
        if (!HasInput())
            throw new EndOfStreamException("it ends within a member");
        _checksum.Append(_input.AsSpan(_inputAt, 1));
        return _input[_inputAt++];
    }

    private bool HasInput()
    {
        if (_inputAt < _inputEnd)
            return true;
        _input.AsSpan(_inputEnd - Kept, Kept).CopyTo(_input);
        int read = packed.Read(_input.AsSpan(Kept));
        (_inputAt, _inputEnd) = (Kept, Kept + read);
        _read += read;
        return read > 0;
    }

    private InvalidDataException Damaged(string why) =>
        new(_members < 2 ? why : string.Create(CultureInfo.InvariantCulture, $"{why}, at member {_members}"));
}
