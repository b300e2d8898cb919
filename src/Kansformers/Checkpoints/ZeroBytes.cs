namespace Kansformers.Checkpoints;

/// <summary>Zeros, which lie nowhere.</summary>
internal sealed class ZeroBytes(long length) : TensorBytes
{
    public override long Length => length;

    public override void Read(long offset, Span<byte> destination) => destination.Clear();
}
