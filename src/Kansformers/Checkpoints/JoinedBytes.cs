namespace Kansformers.Checkpoints;

/// <summary>Bytes that lie in several places, one after the other.</summary>
internal sealed class JoinedBytes(TensorBytes[] parts) : TensorBytes
{
    public override long Length { get; } = parts.Sum(part => part.Length);

    public override void Read(long offset, Span<byte> destination)
    {
        foreach (TensorBytes part in parts)
        {
            if (destination.IsEmpty)
                return;
            if (offset >= part.Length)
            {
                offset -= part.Length;
                continue;
            }

            int length = (int)Math.Min(part.Length - offset, destination.Length);
            part.Read(offset, destination[..length]);
            offset = 0;
            destination = destination[length..];
        }
    }

    public override void Verify()
    {
        foreach (TensorBytes part in parts)
            part.Verify();
    }
}
