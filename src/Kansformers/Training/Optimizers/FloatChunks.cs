using System.Runtime.CompilerServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>Passes over the memory of float32 tensors, in chunks that go to all cores.</summary>
internal static class FloatChunks
{
    private const int Elements = 1 << 16;

    /// <summary>Whether a tensor's memory can be passed over.</summary>
    public static bool Fit(Tensor tensor) =>
        tensor.device_type == DeviceType.CPU && tensor.dtype == ScalarType.Float32 && tensor.is_contiguous() && tensor.numel() <= int.MaxValue;

    /// <summary>How many chunks so many values make.</summary>
    public static int Count(int values) => (int)((values + Elements - 1L) / Elements);

    /// <summary>
    /// Calls the body with each chunk's number, first value and length. Chunks are fixed by the size alone, so that sums do not depend on the number of threads.
    /// </summary>
    public static void ForEach(int values, Action<int, int, int> body)
    {
        int chunks = Count(values);
        if (chunks <= 2)
        {
            for (int chunk = 0; chunk < chunks; chunk++)
                body(chunk, chunk * Elements, Math.Min(Elements, values - chunk * Elements));
        }
        else
        {
            Parallel.For(0, chunks, chunk => body(chunk, chunk * Elements, Math.Min(Elements, values - chunk * Elements)));
        }
    }

    /// <summary>The values of a chunk.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Span<float> At(nint data, int from, int length) => new((float*)data + from, length);
}
