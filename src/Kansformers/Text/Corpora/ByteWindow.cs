using System.Globalization;

namespace Kansformers.Text;

/// <summary>A moving view of a file of UTF-8, as wide as the longest row: what is done with is dropped, what follows is read.</summary>
internal sealed class ByteWindow : IDisposable
{
    /// <summary>The longest row; beyond it something is wrong with the file, and memory in danger.</summary>
    private const int Longest = 1 << 29;

    private readonly string _path;
    private readonly SourceStream _stream;
    private byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;
    private bool _final;

    public ByteWindow(string path)
    {
        _path = path;
        _stream = SourceStream.Open(path);
        try
        {
            SkipMark();
        }
        catch
        {
            _stream.Dispose();
            throw;
        }
    }

    /// <summary>What has been read and is not yet done with.</summary>
    public ReadOnlySpan<byte> Content => _buffer.AsSpan(_start, _end - _start);

    /// <summary>The place of the content in the unpacked file.</summary>
    public long Offset { get; private set; }

    /// <summary>Drops bytes from the front.</summary>
    public void Advance(int count)
    {
        _start += count;
        Offset += count;
    }

    /// <summary>Makes the content longer; false at the end of the file.</summary>
    /// <param name="line">The line that the row begins in, for the error when it has no end.</param>
    public bool More(long line)
    {
        if (_final)
            return false;
        Content.CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_end == _buffer.Length)
        {
            if (_end >= Longest)
                throw new KansformersException(string.Create(CultureInfo.InvariantCulture, $"'{_path}' line {line} is bad: the row that begins there is longer than {Longest >> 20} MB; is this the right format, or a quote not closed?"));
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }

        int read = _stream.Read(_buffer.AsSpan(_end));
        _end += read;
        _final = _end < _buffer.Length;
        return read > 0;
    }

    public long TakeSourceBytes() => _stream.TakeSourceBytes();

    public void Dispose() => _stream.Dispose();

    private void SkipMark()
    {
        More(1);
        if (Content is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
            throw new KansformersException($"'{_path}' is UTF-16; convert it to UTF-8");
        if (Content is [0xEF, 0xBB, 0xBF, ..])
            Advance(3);
    }
}
