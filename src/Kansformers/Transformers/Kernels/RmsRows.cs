using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Transformers;

/// <summary>RMS norm of single rows (<see cref="RmsNorm"/>): y = factor · x with factor = 1 / sqrt(mean(x²) + ε).</summary>
internal static unsafe class RmsRows
{
    /// <summary>1 / sqrt(mean(x²) + ε).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Factor<TSimd>(float* x, int count)
        where TSimd : struct, ISimd<TSimd> => (float)(1 / Math.Sqrt(Dot<TSimd>(x, x, count) / count + RmsNorm.Epsilon));

    /// <summary>1 / sqrt(mean(x²) + ε), in the widest vectors of the processor.</summary>
    public static float Factor(float* x, int count) => SimdWidth.Lanes switch
    {
        16 => Factor<Simd512>(x, count),
        8 => Factor<Simd256>(x, count),
        _ => Factor<Simd128>(x, count),
    };

    /// <summary>Σ a · b, two vectors of sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Dot<TSimd>(float* a, float* b, int count)
        where TSimd : struct, ISimd<TSimd>
    {
        int lanes = TSimd.Count, at = 0;
        TSimd even = TSimd.Zero, odd = TSimd.Zero;
        for (; at + 2 * lanes <= count; at += 2 * lanes)
        {
            even = TSimd.FusedMultiplyAdd(TSimd.Load(a + at), TSimd.Load(b + at), even);
            odd = TSimd.FusedMultiplyAdd(TSimd.Load(a + at + lanes), TSimd.Load(b + at + lanes), odd);
        }

        double sum = TSimd.Sum(even + odd);
        for (; at < count; at++)
            sum += (double)a[at] * b[at];
        return sum;
    }

    /// <summary>dx = factor · (dy - y · mean(y · dy)), the gradient of the input; dx may be dy.</summary>
    /// <param name="x">The row before the norm.</param>
    /// <param name="factor">1 / sqrt(mean(x²) + ε).</param>
    /// <param name="dy">The gradient of the normed row y.</param>
    /// <param name="dx">Overwritten.</param>
    /// <param name="count">The length of the row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward<TSimd>(float* x, float factor, float* dy, float* dx, int count)
        where TSimd : struct, ISimd<TSimd>
    {
        float other = (float)(-factor * (factor * (factor * Dot<TSimd>(x, dy, count) / count)));
        TSimd first = TSimd.Create(factor), second = TSimd.Create(other);
        int at = 0;
        for (; at + TSimd.Count <= count; at += TSimd.Count)
            TSimd.Store(TSimd.FusedMultiplyAdd(first, TSimd.Load(dy + at), second * TSimd.Load(x + at)), dx + at);
        for (; at < count; at++)
            dx[at] = factor * dy[at] + other * x[at];
    }
}
