using System.Numerics;
using System.Runtime.CompilerServices;
using Kansformers.Kan;
using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>Softmax cross-entropy of a chunk of logits and its gradient, one pass of SIMD per row while the row is in cache.</summary>
internal static unsafe class CrossEntropyRows
{
    /// <summary>The id of a target that does not count.</summary>
    public const long Ignored = -1;

    /// <summary>Computes the losses and turns the logits into their gradient.</summary>
    /// <param name="logits">Contiguous float32, (tokens, vocabulary); with a share, overwritten by share · (softmax - one-hot), zeros where the target does not count.</param>
    /// <param name="targets">A target per row, within the vocabulary or <see cref="Ignored"/>.</param>
    /// <param name="firstTarget">Where the first row's target and loss stand.</param>
    /// <param name="losses">The loss of each row, in nats; 0 where the target does not count.</param>
    /// <param name="share">What a row's gradient is multiplied by; null when no gradient is wanted.</param>
    public static void Run(Tensor logits, long[] targets, int firstTarget, double[] losses, float? share)
    {
        (int rows, int vocabulary) = ((int)logits.shape[0], (int)logits.shape[1]);
        float* from = (float*)RawMemory.Pointer(logits);
        Rows.Run(rows, 8L * vocabulary, (first, last) =>
        {
            for (int row = first; row < last; row++)
                losses[firstTarget + row] = Row(from + (nint)row * vocabulary, vocabulary, targets[firstTarget + row], share);
        });
        GC.KeepAlive(logits);
    }

    /// <summary>log Σ exp of a row of logits, and the largest of them.</summary>
    /// <param name="logits">The row.</param>
    /// <param name="count">Its length.</param>
    public static (double Partition, float Largest) LogPartition(float* logits, int count)
    {
        float largest = Largest(logits, count);
        return (Math.Log(Exponentials(logits, count, largest, keeps: false)) + largest, largest);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Row(float* logits, int count, long target, float? share)
    {
        Span<float> row = new(logits, count);
        if (target == Ignored)
        {
            if (share is not null)
                row.Clear();
            return 0;
        }

        float chosen = row[(int)target], largest = Largest(logits, count);
        double sum = Exponentials(logits, count, largest, share is not null);
        if (share is float factor)
        {
            VectorMath.Scale(logits, (float)(factor / sum), logits, count);
            row[(int)target] -= factor;
        }

        return Math.Log(sum) + ((double)largest - chosen);
    }

    private static float Largest(float* values, int count)
    {
        int lanes = Vector<float>.Count, at = 0;
        Vector<float> most = Vector.Create(float.NegativeInfinity);
        for (; at + lanes <= count; at += lanes)
            most = Vector.MaxNative(most, Vector.Load(values + at));
        float largest = float.NegativeInfinity;
        for (int lane = 0; lane < lanes; lane++)
            largest = Math.Max(largest, most[lane]);
        for (; at < count; at++)
            largest = Math.Max(largest, values[at]);
        return largest;
    }

    private static double Exponentials(float* values, int count, float shift, bool keeps) =>
        SimdWidth.Lanes >= 16 ? Exponentials<Simd512>(values, count, shift, keeps) : Exponentials<Simd256>(values, count, shift, keeps);

    // Σ exp(value - shift); with keeps, each term replaces its value.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Exponentials<TSimd>(float* values, int count, float shift, bool keeps)
        where TSimd : struct, ISimd<TSimd>
    {
        int lanes = TSimd.Count, at = 0;
        TSimd by = TSimd.Create(shift);
        double total = 0;
        while (at + lanes <= count)
        {
            // Short float32 sums, added up in double: a vocabulary of 50 257 loses no digits.
            TSimd sum = TSimd.Zero;
            for (int end = Math.Min(count - lanes, at + 64 * lanes); at <= end; at += lanes)
            {
                TSimd value = SimdMath.Exp(TSimd.Load(values + at) - by);
                sum += value;
                if (keeps)
                    TSimd.Store(value, values + at);
            }

            total += TSimd.Sum(sum);
        }

        for (; at < count; at++)
        {
            float value = MathF.Exp(values[at] - shift);
            total += value;
            if (keeps)
                values[at] = value;
        }

        return total;
    }
}
