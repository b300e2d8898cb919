using System.Runtime.CompilerServices;

namespace Kansformers.Runtime;

/// <summary>
/// The innermost loop of small matrix products: to[r, :] (+)= Σ_s left(r, s) · right[s, :], some rows of two vectors at a time. Eight or twelve sums in registers
/// hide the latency of the multiplications.
/// </summary>
/// <typeparam name="T">The vectors.</typeparam>
internal static unsafe class SimdTile<T>
    where T : struct, ISimd<T>
{
    /// <summary>Six rows.</summary>
    /// <param name="left">(6, count).</param>
    /// <param name="right">(count, 2 · lanes).</param>
    /// <param name="count">The length of the sums.</param>
    /// <param name="to">(6, 2 · lanes).</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Six(in TileFactors left, in TileVectors right, int count, in TileTarget to)
    {
        float* a = left.First, b = right.First;
        nint next = left.Step, second = left.Row, third = 2 * second, fourth = 3 * second, fifth = 4 * second, sixth = 5 * second, width = right.Stride;
        T s00 = T.Zero, s01 = T.Zero, s10 = T.Zero, s11 = T.Zero;
        T s20 = T.Zero, s21 = T.Zero, s30 = T.Zero, s31 = T.Zero;
        T s40 = T.Zero, s41 = T.Zero, s50 = T.Zero, s51 = T.Zero;
        for (float* end = b + count * width; b < end; b += width, a += next)
        {
            T b0 = T.Load(b), b1 = T.Load(b + T.Count), factor = T.Create(*a);
            (s00, s01) = (T.FusedMultiplyAdd(factor, b0, s00), T.FusedMultiplyAdd(factor, b1, s01));
            factor = T.Create(a[second]);
            (s10, s11) = (T.FusedMultiplyAdd(factor, b0, s10), T.FusedMultiplyAdd(factor, b1, s11));
            factor = T.Create(a[third]);
            (s20, s21) = (T.FusedMultiplyAdd(factor, b0, s20), T.FusedMultiplyAdd(factor, b1, s21));
            factor = T.Create(a[fourth]);
            (s30, s31) = (T.FusedMultiplyAdd(factor, b0, s30), T.FusedMultiplyAdd(factor, b1, s31));
            factor = T.Create(a[fifth]);
            (s40, s41) = (T.FusedMultiplyAdd(factor, b0, s40), T.FusedMultiplyAdd(factor, b1, s41));
            factor = T.Create(a[sixth]);
            (s50, s51) = (T.FusedMultiplyAdd(factor, b0, s50), T.FusedMultiplyAdd(factor, b1, s51));
        }

        Put(to, 0, s00, s01);
        Put(to, 1, s10, s11);
        Put(to, 2, s20, s21);
        Put(to, 3, s30, s31);
        Put(to, 4, s40, s41);
        Put(to, 5, s50, s51);
    }

    /// <summary>Four rows, as <see cref="Six"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Four(in TileFactors left, in TileVectors right, int count, in TileTarget to)
    {
        float* a = left.First, b = right.First;
        nint next = left.Step, second = left.Row, third = 2 * second, fourth = 3 * second, width = right.Stride;
        T s00 = T.Zero, s01 = T.Zero, s10 = T.Zero, s11 = T.Zero;
        T s20 = T.Zero, s21 = T.Zero, s30 = T.Zero, s31 = T.Zero;
        for (float* end = b + count * width; b < end; b += width, a += next)
        {
            T b0 = T.Load(b), b1 = T.Load(b + T.Count), factor = T.Create(*a);
            (s00, s01) = (T.FusedMultiplyAdd(factor, b0, s00), T.FusedMultiplyAdd(factor, b1, s01));
            factor = T.Create(a[second]);
            (s10, s11) = (T.FusedMultiplyAdd(factor, b0, s10), T.FusedMultiplyAdd(factor, b1, s11));
            factor = T.Create(a[third]);
            (s20, s21) = (T.FusedMultiplyAdd(factor, b0, s20), T.FusedMultiplyAdd(factor, b1, s21));
            factor = T.Create(a[fourth]);
            (s30, s31) = (T.FusedMultiplyAdd(factor, b0, s30), T.FusedMultiplyAdd(factor, b1, s31));
        }

        Put(to, 0, s00, s01);
        Put(to, 1, s10, s11);
        Put(to, 2, s20, s21);
        Put(to, 3, s30, s31);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(in TileTarget to, int row, T low, T high)
    {
        float* at = to.First + row * to.Stride;
        T.Store(to.Adds ? T.Load(at) + low : low, at);
        T.Store(to.Adds ? T.Load(at + T.Count) + high : high, at + T.Count);
    }
}

/// <summary>The left factor of a tile.</summary>
/// <param name="first">Its first value.</param>
/// <param name="step">From a value to the next of its row.</param>
/// <param name="row">From a row to the next.</param>
internal readonly unsafe struct TileFactors(float* first, nint step, nint row)
{
    public readonly float* First = first;
    public readonly nint Step = step, Row = row;
}

/// <summary>The right factor of a tile.</summary>
/// <param name="first">Its first value.</param>
/// <param name="stride">From a row of two vectors to the next.</param>
internal readonly unsafe struct TileVectors(float* first, nint stride)
{
    public readonly float* First = first;
    public readonly nint Stride = stride;
}

/// <summary>Where a tile goes.</summary>
/// <param name="first">Its first value.</param>
/// <param name="stride">From a row to the next.</param>
/// <param name="adds">Whether it is added to what stands there.</param>
internal readonly unsafe struct TileTarget(float* first, nint stride, bool adds)
{
    public readonly float* First = first;
    public readonly nint Stride = stride;
    public readonly bool Adds = adds;
}
