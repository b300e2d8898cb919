using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>Gradients of parameters as they add up, a vector for each.</summary>
internal static unsafe class Sums
{
    /// <summary>sums[j] += a · b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add<TSimd>(float* sums, int j, TSimd a, TSimd b)
        where TSimd : struct, ISimd<TSimd> => TSimd.AddProductTo(sums + j * TSimd.SumLanes, a, b);
}
