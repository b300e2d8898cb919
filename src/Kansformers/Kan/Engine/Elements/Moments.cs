using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Kansformers.Kan;

/// <summary>
/// Sums of upstream · t^p for the intervals of splines: a value is added to a row of four (eight) numbers of its interval. Four copies of all rows take turns, since
/// neighbours often lie in one interval and a sum would have to wait for the one before.
/// </summary>
internal static unsafe class Moments
{
    /// <summary>The highest number of powers.</summary>
    public const int MostPowers = 6;

    /// <summary>2^23: added to a whole number from 0 on it leaves that in the lowest bits.</summary>
    public const float Shift = 8388608;

    private const int Copies = 4;

    /// <summary>The numbers of a row.</summary>
    public static int Width(int order) => order <= 3 ? 4 : 8;

    /// <summary>The floats of all rows.</summary>
    public static int Floats(int order, int slots) => Copies * slots * Width(order);

    /// <summary>Adds the terms of a vector's lanes.</summary>
    /// <param name="powers">(2 + order, lanes): the slot plus <see cref="Shift"/>, and upstream · t^p for p = 0, 1, ...</param>
    /// <param name="lanes">A multiple of four.</param>
    /// <param name="sums">(copies, slots, <see cref="Width"/>).</param>
    /// <param name="slots">A power of two.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add<TOrder>(float* powers, int lanes, float* sums, int slots)
        where TOrder : struct, ISplineOrder
    {
        int* slot = (int*)powers;
        int mask = slots - 1, width = Width(TOrder.Value), copy = slots * width;
        powers += lanes;
        if (TOrder.Value == 3 && (Sse.IsSupported || AdvSimd.Arm64.IsSupported))
        {
            for (int lane = 0; lane < lanes; lane += 4)
            {
                Vector128<float> a = Vector128.Load(powers + lane), b = Vector128.Load(powers + lanes + lane);
                Vector128<float> c = Vector128.Load(powers + 2 * lanes + lane), d = Vector128.Load(powers + 3 * lanes + lane);
                Vector128<float> acLow = ZipLow(a, c), acHigh = ZipHigh(a, c), bdLow = ZipLow(b, d), bdHigh = ZipHigh(b, d);
                AddRow(sums + (slot[lane] & mask) * 4, ZipLow(acLow, bdLow));
                AddRow(sums + copy + (slot[lane + 1] & mask) * 4, ZipHigh(acLow, bdLow));
                AddRow(sums + 2 * copy + (slot[lane + 2] & mask) * 4, ZipLow(acHigh, bdHigh));
                AddRow(sums + 3 * copy + (slot[lane + 3] & mask) * 4, ZipHigh(acHigh, bdHigh));
            }

            return;
        }

        for (int lane = 0; lane < lanes; lane++)
        {
            float* row = sums + (lane % Copies) * copy + (slot[lane] & mask) * width;
            for (int power = 0; power <= TOrder.Value; power++)
                row[power] += powers[power * lanes + lane];
        }
    }

    /// <summary>Adds the copies to the first one.</summary>
    public static void Join(int order, float* sums, int slots)
    {
        int copy = slots * Width(order);
        for (int other = 1; other < Copies; other++)
            VectorMath.Add(sums + other * copy, sums, copy);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRow(float* row, Vector128<float> terms) => Vector128.Store(Vector128.Load(row) + terms, row);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> ZipLow(Vector128<float> a, Vector128<float> b) => Sse.IsSupported ? Sse.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> ZipHigh(Vector128<float> a, Vector128<float> b) => Sse.IsSupported ? Sse.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);
}
