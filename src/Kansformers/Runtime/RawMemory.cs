using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Kansformers.Runtime;

/// <summary>The memory of a CPU tensor as a span or pointer, without a copy.</summary>
internal static unsafe class RawMemory
{
    private static readonly delegate* unmanaged[Cdecl]<nint, nint> DataPointer = Find();

    /// <summary>The address of the first element of a CPU tensor (storage offset included).</summary>
    public static nint Pointer(Tensor tensor)
    {
        nint address = DataPointer(tensor.Handle);
        GC.KeepAlive(tensor);
        return address;
    }

    /// <summary>The elements of a contiguous CPU tensor. The tensor must outlive the span.</summary>
    /// <exception cref="ArgumentException">The tensor is not contiguous, not on the CPU, or of another element size.</exception>
    public static Span<T> Span<T>(Tensor tensor)
        where T : unmanaged
    {
        if (tensor.device_type != TorchSharp.DeviceType.CPU || !tensor.is_contiguous() || tensor.ElementSize != sizeof(T))
            throw new ArgumentException($"needs a contiguous CPU tensor with elements of {sizeof(T)} bytes", nameof(tensor));
        return new Span<T>((void*)Pointer(tensor), checked((int)tensor.NumberOfElements));
    }

    private static delegate* unmanaged[Cdecl]<nint, nint> Find()
    {
        LibTorch.Load();
        nint library = NativeLibrary.Load("LibTorchSharp", typeof(TorchSharp.torch).Assembly, null);
        return (delegate* unmanaged[Cdecl]<nint, nint>)NativeLibrary.GetExport(library, "THSTensor_data");
    }
}
