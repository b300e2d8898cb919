using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Checkpoints;

/// <summary>The elements of a torch tensor, row-major; brought to the CPU and made contiguous only while they are read.</summary>
internal sealed class TorchBytes(Tensor tensor) : TensorBytes
{
    private const int ChunkBytes = 1 << 30;

    public override long Length => tensor.NumberOfElements * tensor.ElementSize;

    public override object Identity => tensor.device_type == TorchSharp.DeviceType.CPU && tensor.is_contiguous() ? (RawMemory.Pointer(tensor), Length) : this;

    public override void Read(long offset, Span<byte> destination)
    {
        using CpuCopy source = new(tensor);
        source.Span(offset, destination.Length).CopyTo(destination);
    }

    public override void WriteTo(Stream stream)
    {
        using CpuCopy source = new(tensor);
        for (long offset = 0; offset < Length; offset += ChunkBytes)
            stream.Write(source.Span(offset, (int)Math.Min(ChunkBytes, Length - offset)));
    }

    /// <summary>Fills the memory of a contiguous CPU tensor from a file, without a copy in between.</summary>
    public static unsafe void Fill(Tensor target, StoredTensor source)
    {
        nint pointer = RawMemory.Pointer(target);
        for (long offset = 0; offset < source.ByteLength; offset += ChunkBytes)
            source.Read(offset, new Span<byte>((void*)(pointer + (nint)offset), (int)Math.Min(ChunkBytes, source.ByteLength - offset)));
        GC.KeepAlive(target);
    }

    private sealed class CpuCopy : IDisposable
    {
        private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
        private readonly Tensor _contiguous;

        public CpuCopy(Tensor tensor)
        {
            _contiguous = tensor.detach().cpu().contiguous();
        }

        public unsafe ReadOnlySpan<byte> Span(long offset, int length) =>
            new((void*)(RawMemory.Pointer(_contiguous) + (nint)offset), length);

        public void Dispose() => _scope.Dispose();
    }
}
