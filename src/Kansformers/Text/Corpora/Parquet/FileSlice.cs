namespace Kansformers.Text;

/// <summary>A stretch of a file as a stream of its own.</summary>
internal sealed class FileSlice(FileStream file, long start, long length, Action<int> advance) : Stream
{
    private long _at;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position { get => _at; set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        int wanted = (int)Math.Min(buffer.Length, length - _at);
        ParquetPages.Fill(file, buffer[..wanted], start + _at);
        _at += wanted;
        advance(wanted);
        return wanted;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
