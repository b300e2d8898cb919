using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>
/// Sums of upstream · t^p for the intervals of splines: a value is added to a row of four (eight) numbers of its interval. Four copies of a row take turns, since
/// neighbours often lie in one interval and a sum would have to wait for the one before.
/// </summary>
internal static unsafe class Moments
{
    private const int Copies = 4;

    /// <summary>The numbers of a row.</summary>
    public static int Width(int order) => order <= 3 ? 4 : 8;

    /// <summary>From a slot's first row to the next slot's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Stride(int width) => Copies * width;

    /// <summary>The floats of all rows.</summary>
    public static int Floats(int slots, int width) => slots * Stride(width);

    /// <summary>Adds the terms of a vector's lanes.</summary>
    /// <param name="sums">(slots, copies, <see cref="Width"/>).</param>
    /// <param name="places">Of each lane its slot, times <see cref="Stride"/>.</param>
    /// <param name="terms">upstream · t^p for p = 0 to 3.</param>
    /// <param name="within">The position t of what is within an interval, for higher powers.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add<TOrder, TSimd>(float* sums, RowPlaces places, in Four<TSimd> terms, TSimd within)
        where TOrder : struct, ISplineOrder
        where TSimd : struct, ISimd<TSimd>
    {
        if (TOrder.Value <= 3)
        {
            TSimd.AddRows(sums, places, terms);
            return;
        }

        TSimd fourth = terms.D * within;
        TSimd.AddRows(sums, places, terms, new Four<TSimd>(fourth, fourth * within, TSimd.Zero, TSimd.Zero));
    }

    /// <summary>The sums of a slot's copies.</summary>
    /// <param name="sums">(slots, copies, <paramref name="width"/>).</param>
    /// <param name="slots">How many slots.</param>
    /// <param name="width">The numbers of a row.</param>
    /// <param name="to">(slots, <paramref name="width"/>), which may be the same memory.</param>
    public static void Join(float* sums, int slots, int width, float* to)
    {
        for (int slot = 0; slot < slots; slot++, sums += Stride(width), to += width)
        {
            for (int number = 0; number < width; number++)
                to[number] = sums[number] + sums[width + number] + (sums[2 * width + number] + sums[3 * width + number]);
        }
    }
}
