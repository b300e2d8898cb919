using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// Buffers that a thread's engine calls share, so that the steady state allocates nothing. Tiles bound the expansion buffers;
/// the weight buffers are as large as the largest layer's combined weight, up to <see cref="LargestKept"/>: larger ones go with the call.
/// </summary>
internal sealed class Scratch
{
    /// <summary>The number of elements up to which a buffer is kept for the next call: 512 MiB of float32.</summary>
    public const long LargestKept = 128L << 20;

    [ThreadStatic]
    private static Scratch? _ofThread, _apart;

    private static readonly int Uses = Enum.GetValues<Use>().Length;
    private readonly Tensor?[] _buffers = new Tensor?[2 * Uses];

    /// <summary>This thread's buffers.</summary>
    public static Scratch OfThread => _ofThread ??= new Scratch();

    /// <summary>Runs other layers while a layer of the caller is open, whose buffers they must not overwrite: they get another set, kept for the next such call.</summary>
    /// <param name="work">What runs them.</param>
    public static T Apart<T>(Func<T> work)
    {
        Scratch outer = OfThread;
        (_ofThread, _apart) = (_apart ?? new Scratch(), null);
        try
        {
            return work();
        }
        finally
        {
            (_ofThread, _apart) = (outer, _ofThread);
        }
    }

    /// <summary>What a buffer is for; calls of one kind overwrite each other.</summary>
    public enum Use
    {
        /// <summary>A tile's expansion, (tokens, expanded), or its gradient.</summary>
        Expansion,

        /// <summary>The combined weight, (out, expanded).</summary>
        Weight,

        /// <summary>The combined weight, transposed.</summary>
        WeightTransposed,

        /// <summary>The gradient of the combined weight.</summary>
        WeightGradient,

        /// <summary>A tile's outputs, or their gradient, in the precision of the products.</summary>
        Output,

        /// <summary>The gradient of a tile's outputs, transposed.</summary>
        OutputTransposed,

        /// <summary>Logits of a chunk of tokens.</summary>
        Logits,
    }

    /// <summary>A contiguous matrix with arbitrary content, owned by the current dispose scope or this object; never to be returned to a caller.</summary>
    /// <param name="use">What for.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="half">bfloat16 rather than float32.</param>
    public Tensor Matrix(Use use, long rows, long columns, bool half = false)
    {
        long size = rows * columns;
        ScalarType type = half ? ScalarType.BFloat16 : ScalarType.Float32;
        if (size > LargestKept)
            return empty(rows, columns, dtype: type);
        ref Tensor? buffer = ref _buffers[(int)use + (half ? Uses : 0)];
        if (buffer is null || buffer.NumberOfElements < size)
        {
            buffer?.Dispose();
            buffer = empty(size, dtype: type).DetachFromDisposeScope();
        }

        return buffer.narrow(0, 0, size).view(rows, columns);
    }
}
