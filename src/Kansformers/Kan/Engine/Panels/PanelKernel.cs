using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>
/// The innermost loop of all three matrix products: sums[r, :] (+)= Σ_s factor(r, s) · vectors[s, :] for six rows of two vectors each. Twelve sums stay
/// in registers, which hides the latency of the multiplications and leaves them, not the loads, as the limit.
/// </summary>
internal static unsafe class PanelKernel
{
    /// <summary>The rows of sums.</summary>
    public const int Rows = 6;

    /// <summary>Runs over the summation index, in runs of equal length: the vectors follow each other, the factors of a run begin <paramref name="runStride"/> after the last run's.</summary>
    /// <param name="vectors">(runs · length, 2 · lanes).</param>
    /// <param name="factors">The first run's first factor.</param>
    /// <param name="runs">How many runs there are.</param>
    /// <param name="length">The length of a run.</param>
    /// <param name="runStride">From a run's factors to the next run's.</param>
    /// <param name="sums">(6, 2 · lanes).</param>
    /// <param name="adds">Whether the sums are added to what stands there.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply<TSimd, TFactors>(float* vectors, float* factors, int runs, int length, nint runStride, float* sums, bool adds)
        where TSimd : struct, ISimd<TSimd>
        where TFactors : struct, IPanelFactors
    {
        int lanes = TSimd.Count, row = TFactors.RowStride(2 * lanes), step = TFactors.Step;
        TSimd a0 = TSimd.Zero, b0 = a0, a1 = a0, b1 = a0, a2 = a0, b2 = a0, a3 = a0, b3 = a0, a4 = a0, b4 = a0, a5 = a0, b5 = a0;
        for (int run = 0; run < runs; run++, factors += runStride)
        {
            float* factor = factors, end = vectors + length * 2 * lanes;
            for (; vectors < end; vectors += 2 * lanes, factor += step)
            {
                TSimd x = TSimd.Load(vectors), y = TSimd.Load(vectors + lanes), f = TSimd.Create(factor[0]);
                a0 = TSimd.FusedMultiplyAdd(f, x, a0);
                b0 = TSimd.FusedMultiplyAdd(f, y, b0);
                f = TSimd.Create(factor[row]);
                a1 = TSimd.FusedMultiplyAdd(f, x, a1);
                b1 = TSimd.FusedMultiplyAdd(f, y, b1);
                f = TSimd.Create(factor[2 * row]);
                a2 = TSimd.FusedMultiplyAdd(f, x, a2);
                b2 = TSimd.FusedMultiplyAdd(f, y, b2);
                f = TSimd.Create(factor[3 * row]);
                a3 = TSimd.FusedMultiplyAdd(f, x, a3);
                b3 = TSimd.FusedMultiplyAdd(f, y, b3);
                f = TSimd.Create(factor[4 * row]);
                a4 = TSimd.FusedMultiplyAdd(f, x, a4);
                b4 = TSimd.FusedMultiplyAdd(f, y, b4);
                f = TSimd.Create(factor[5 * row]);
                a5 = TSimd.FusedMultiplyAdd(f, x, a5);
                b5 = TSimd.FusedMultiplyAdd(f, y, b5);
            }
        }

        Put(a0, b0, sums, adds);
        Put(a1, b1, sums + 2 * lanes, adds);
        Put(a2, b2, sums + 4 * lanes, adds);
        Put(a3, b3, sums + 6 * lanes, adds);
        Put(a4, b4, sums + 8 * lanes, adds);
        Put(a5, b5, sums + 10 * lanes, adds);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put<TSimd>(TSimd low, TSimd high, float* to, bool adds)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd.Store(adds ? TSimd.Load(to) + low : low, to);
        TSimd.Store(adds ? TSimd.Load(to + TSimd.Count) + high : high, to + TSimd.Count);
    }
}

/// <summary>Where the factors of a <see cref="PanelKernel"/> lie: factor(r, s) at r · row stride + s · step. The compiler knows both.</summary>
internal interface IPanelFactors
{
    /// <summary>From a row's factor to the next row's.</summary>
    /// <param name="panel">The length of a panel's row.</param>
    static abstract int RowStride(int panel);

    /// <summary>From a factor to the next one of its row.</summary>
    static abstract int Step { get; }
}

/// <summary>Weights packed by six in the order of the sum: the forward product, and the gradient of the expansion.</summary>
internal readonly struct PackedFactors : IPanelFactors
{
    public static int Step => PanelKernel.Rows;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int RowStride(int panel) => 1;
}

/// <summary>Six rows of the expansion, the sum over tokens, in runs of a panel: the gradient of the weight.</summary>
internal readonly struct TokenFactors : IPanelFactors
{
    public static int Step => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int RowStride(int panel) => panel;
}
