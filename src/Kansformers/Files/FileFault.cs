namespace Kansformers.Files;

/// <summary>Lets tests make every write fail as a full disk would, or another that refuses, at a chosen byte.</summary>
internal static class FileFault
{
    private static readonly AsyncLocal<(long Bytes, Func<Exception> Failure)?> Limit = new();

    /// <summary>Until disposed, writes of this flow of control fail with "no space left" after that many bytes in one file.</summary>
    public static IDisposable DiskFullAfter(long bytes) => After(bytes, () => new IOException("No space left on device", 28));

    /// <summary>Until disposed, writes of this flow of control fail as given after that many bytes in one file.</summary>
    public static IDisposable After(long bytes, Func<Exception> failure)
    {
        Limit.Value = (bytes, failure);
        return new Reset();
    }

    /// <summary>The stream itself, or one that fails when a test asked for it.</summary>
    public static Stream Wrap(Stream stream) => Limit.Value is { } limit ? new FullStream(stream, limit.Bytes, limit.Failure) : stream;

    private sealed class Reset : IDisposable
    {
        public void Dispose() => Limit.Value = null;
    }

    private sealed class FullStream(Stream inner, long left, Func<Exception> failure) : Stream
    {
        private long _left = left;

        public override bool CanRead => false;

        public override bool CanSeek => inner.CanSeek;

        public override bool CanWrite => true;

        public override long Length => inner.Length;

        public override long Position { get => inner.Position; set => inner.Position = value; }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

        public override void SetLength(long value) => inner.SetLength(value);

        public override void Write(byte[] buffer, int offset, int count)
        {
            _left -= count;
            if (_left < 0)
                throw failure();
            inner.Write(buffer, offset, count);
        }
    }
}
