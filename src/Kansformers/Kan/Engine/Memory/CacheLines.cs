using System.Buffers;
using System.Runtime.InteropServices;

namespace Kansformers.Kan;

/// <summary>Rented floats that begin with a cache line, so that no vector lies across two.</summary>
internal readonly unsafe ref struct CacheLines : IDisposable
{
    private readonly float[] _rented;
    private readonly GCHandle _pin;

    public CacheLines(long count)
    {
        _rented = ArrayPool<float>.Shared.Rent(checked((int)count + 16));
        _pin = GCHandle.Alloc(_rented, GCHandleType.Pinned);
        Pointer = (float*)((_pin.AddrOfPinnedObject() + 63) & ~63);
    }

    /// <summary>The first float.</summary>
    public float* Pointer { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pin.Free();
        ArrayPool<float>.Shared.Return(_rented);
    }
}
