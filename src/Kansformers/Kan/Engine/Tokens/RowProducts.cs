using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>Products of a vector with the rows of a matrix, at the speed at which the matrix is read.</summary>
internal static unsafe class RowProducts
{
    /// <summary>Σ a · b.</summary>
    public static float Dot(float* a, float* b, nint count) => SimdWidth.Lanes switch
    {
        16 => Dot<Simd512>(a, b, count),
        8 => Dot<Simd256>(a, b, count),
        _ => Dot<Simd128>(a, b, count),
    };

    // Four sums, so that a product need not wait for the one before.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Dot<TSimd>(float* a, float* b, nint count)
        where TSimd : struct, ISimd<TSimd>
    {
        int lanes = TSimd.Count;
        TSimd first = TSimd.Zero, second = first, third = first, fourth = first;
        nint at = 0;
        for (; at + 4 * lanes <= count; at += 4 * lanes)
        {
            first = TSimd.AddProduct(first, TSimd.Load(a + at), b + at);
            second = TSimd.AddProduct(second, TSimd.Load(a + at + lanes), b + at + lanes);
            third = TSimd.AddProduct(third, TSimd.Load(a + at + 2 * lanes), b + at + 2 * lanes);
            fourth = TSimd.AddProduct(fourth, TSimd.Load(a + at + 3 * lanes), b + at + 3 * lanes);
        }

        for (; at + lanes <= count; at += lanes)
            first = TSimd.AddProduct(first, TSimd.Load(a + at), b + at);
        float rest = 0;
        for (; at < count; at++)
            rest += a[at] * b[at];
        return TSimd.Sum((first + second) + (third + fourth)) + rest;
    }
}
