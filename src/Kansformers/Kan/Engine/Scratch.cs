using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// Buffers that a thread's engine calls share, so that the steady state allocates nothing. Tiles bound the two expansion buffers;
/// weights larger than <see cref="LargestKept"/> get a buffer that goes with the call.
/// </summary>
internal sealed class Scratch
{
    /// <summary>The number of floats up to which a weight buffer is kept for the next call: 32 MiB.</summary>
    public const long LargestKept = 8L << 20;

    [ThreadStatic]
    private static Scratch? _ofThread;

    private readonly Tensor?[] _buffers = new Tensor?[4];

    /// <summary>This thread's buffers.</summary>
    public static Scratch OfThread => _ofThread ??= new Scratch();

    /// <summary>What a buffer is for; calls of one kind overwrite each other.</summary>
    public enum Use
    {
        /// <summary>A tile's expansion, (tokens, expanded).</summary>
        Expansion,

        /// <summary>The gradient of a tile's expansion.</summary>
        Gradient,

        /// <summary>The combined weight, (out, expanded).</summary>
        Weight,

        /// <summary>The gradient of the combined weight.</summary>
        WeightGradient,
    }

    /// <summary>A contiguous float32 matrix with arbitrary content, owned by the current dispose scope or this object; never to be returned to a caller.</summary>
    public Tensor Matrix(Use use, long rows, long columns)
    {
        long size = rows * columns;
        if (size > LargestKept)
            return empty(rows, columns, dtype: ScalarType.Float32);
        ref Tensor? buffer = ref _buffers[(int)use];
        if (buffer is null || buffer.NumberOfElements < size)
        {
            buffer?.Dispose();
            buffer = empty(size, dtype: ScalarType.Float32).DetachFromDisposeScope();
        }

        return buffer.narrow(0, 0, size).view(rows, columns);
    }
}
