namespace Kansformers.Text;

/// <summary>A stretch of a file as a stream of its own.</summary>
internal sealed class FileSlice(FileStream file, long start, long length, Action<int> advance) : ForwardStream
{
    private long _at;

    public override int Read(Span<byte> buffer)
    {
        int wanted = (int)Math.Min(buffer.Length, length - _at);
        ParquetPages.Fill(file, buffer[..wanted], start + _at);
        _at += wanted;
        advance(wanted);
        return wanted;
    }
}
