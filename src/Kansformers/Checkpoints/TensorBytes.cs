namespace Kansformers.Checkpoints;

/// <summary>Bytes that can be read piecewise: part of a file, an array, a strided view, a torch tensor.</summary>
internal abstract class TensorBytes
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>How many bytes there are.</summary>
    public abstract long Length { get; }

    /// <summary>Equal for bytes that lie in the same place, as those of tied tensors do.</summary>
    public virtual object Identity => this;

    /// <summary>Fills <paramref name="destination"/> with the bytes from <paramref name="offset"/> on. The range is inside.</summary>
    public abstract void Read(long offset, Span<byte> destination);

    /// <summary>
    /// Fills <paramref name="destination"/> with pieces of <paramref name="piece"/> bytes that lie
    /// <paramref name="stride"/> bytes apart, the first at <paramref name="offset"/>.
    /// </summary>
    public virtual void ReadPieces(long offset, long stride, int piece, Span<byte> destination)
    {
        for (; destination.Length > 0; destination = destination[piece..], offset += stride)
            Read(offset, destination[..piece]);
    }

    /// <summary>Checks the checksum, where the file has one.</summary>
    /// <exception cref="KansformersException">The bytes are not those that were written.</exception>
    public virtual void Verify()
    {
    }

    /// <summary>Writes everything to a stream, holding at most a megabyte.</summary>
    public virtual void WriteTo(Stream stream)
    {
        byte[] buffer = new byte[(int)Math.Min(ChunkBytes, Length)];
        for (long offset = 0; offset < Length;)
        {
            Span<byte> chunk = buffer.AsSpan(0, (int)Math.Min(buffer.Length, Length - offset));
            Read(offset, chunk);
            stream.Write(chunk);
            offset += chunk.Length;
        }
    }
}

/// <summary>Bytes in memory.</summary>
internal sealed class ArrayBytes(ReadOnlyMemory<byte> bytes) : TensorBytes
{
    public override long Length => bytes.Length;

    public override void Read(long offset, Span<byte> destination) =>
        bytes.Span.Slice((int)offset, destination.Length).CopyTo(destination);

    public override void WriteTo(Stream stream) => stream.Write(bytes.Span);
}
