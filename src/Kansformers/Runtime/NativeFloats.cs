using System.Runtime.InteropServices;

namespace Kansformers.Runtime;

/// <summary>Floats outside the managed heap that begin with a cache line. What nobody disposes goes with the garbage.</summary>
internal sealed unsafe class NativeFloats : IDisposable
{
    private const int CacheLine = 64;
    private float* _pointer;

    /// <summary>Takes memory with arbitrary content.</summary>
    /// <param name="count">How many floats.</param>
    public NativeFloats(long count)
    {
        Count = count;
        _pointer = (float*)NativeMemory.AlignedAlloc(checked((nuint)Math.Max(count, 1) * sizeof(float)), CacheLine);
    }

    /// <summary>Gives the memory back.</summary>
    ~NativeFloats() => Free();

    /// <summary>How many floats there are.</summary>
    public long Count { get; }

    /// <summary>The first float; whoever uses it keeps this object alive.</summary>
    public float* Pointer => _pointer;

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
    }
}
