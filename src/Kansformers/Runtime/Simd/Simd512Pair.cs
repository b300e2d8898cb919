using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kansformers.Runtime;

/// <summary>
/// Two vectors of 16 lanes: twice as many independent operations for the processor to overlap, and constants that are read once for both. Sums over lanes are
/// kept in one vector.
/// </summary>
internal readonly unsafe struct Simd512Pair(Vector512<float> low, Vector512<float> high) : ISimd<Simd512Pair>
{
    private readonly Vector512<float> _low = low, _high = high;

    public static int Count => 2 * Simd512.Count;

    public static int SumLanes => Simd512.Count;

    public static Simd512Pair Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector512<float>.Zero, Vector512<float>.Zero);
    }

    public static Simd512Pair One
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector512<float>.One, Vector512<float>.One);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512Pair operator +(Simd512Pair left, Simd512Pair right) => new(left._low + right._low, left._high + right._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512Pair operator -(Simd512Pair left, Simd512Pair right) => new(left._low - right._low, left._high - right._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512Pair operator *(Simd512Pair left, Simd512Pair right) => new(left._low * right._low, left._high * right._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512Pair operator /(Simd512Pair left, Simd512Pair right) => new(left._low / right._low, left._high / right._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512Pair operator &(Simd512Pair left, Simd512Pair right) => new(left._low & right._low, left._high & right._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512Pair operator |(Simd512Pair left, Simd512Pair right) => new(left._low | right._low, left._high | right._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512Pair operator ^(Simd512Pair left, Simd512Pair right) => new(left._low ^ right._low, left._high ^ right._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512Pair operator -(Simd512Pair value) => new(-value._low, -value._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512Pair operator ~(Simd512Pair value) => new(~value._low, ~value._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512Pair Create(float value) => new(Vector512.Create(value), Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512Pair Load(float* from) => new(Vector512.Load(from), Vector512.Load(from + 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Simd512Pair value, float* to)
    {
        Vector512.Store(value._low, to);
        Vector512.Store(value._high, to + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddTo(float* sums, Simd512Pair value) => Vector512.Store(Vector512.Load(sums) + (value._low + value._high), sums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddProductTo(float* sums, Simd512Pair a, Simd512Pair b) =>
        Vector512.Store(Vector512.FusedMultiplyAdd(a._low, b._low, Vector512.FusedMultiplyAdd(a._high, b._high, Vector512.Load(sums))), sums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512Pair FusedMultiplyAdd(Simd512Pair a, Simd512Pair b, Simd512Pair c) =>
        new(Vector512.FusedMultiplyAdd(a._low, b._low, c._low), Vector512.FusedMultiplyAdd(a._high, b._high, c._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512Pair AddProduct(Simd512Pair sum, Simd512Pair factor, float* from) =>
        new(Vector512.FusedMultiplyAdd(factor._low, Vector512.Load(from), sum._low), Vector512.FusedMultiplyAdd(factor._high, Vector512.Load(from + 16), sum._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512Pair MaxNative(Simd512Pair a, Simd512Pair b) => new(Vector512.MaxNative(a._low, b._low), Vector512.MaxNative(a._high, b._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512Pair MinNative(Simd512Pair a, Simd512Pair b) => new(Vector512.MinNative(a._low, b._low), Vector512.MinNative(a._high, b._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512Pair GreaterOrEqual(Simd512Pair a, Simd512Pair b) => new(Vector512.GreaterThanOrEqual(a._low, b._low), Vector512.GreaterThanOrEqual(a._high, b._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512Pair Greater(Simd512Pair a, Simd512Pair b) => new(Vector512.GreaterThan(a._low, b._low), Vector512.GreaterThan(a._high, b._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512Pair Equal(Simd512Pair a, Simd512Pair b) => new(Vector512.Equals(a._low, b._low), Vector512.Equals(a._high, b._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512Pair Abs(Simd512Pair value) => new(Vector512.Abs(value._low), Vector512.Abs(value._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512Pair Round(Simd512Pair value) => new(Vector512.Round(value._low), Vector512.Round(value._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512Pair Reciprocal(Simd512Pair value) => new(Simd512.Reciprocal(value._low), Simd512.Reciprocal(value._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512Pair Select(Simd512Pair mask, Simd512Pair a, Simd512Pair b) =>
        new(Vector512.ConditionalSelect(mask._low, a._low, b._low), Vector512.ConditionalSelect(mask._high, a._high, b._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512Pair ScaleByPower(Simd512Pair value, Simd512Pair n) => new(Simd512.ScaleByPower(value._low, n._low), Simd512.ScaleByPower(value._high, n._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Any(Simd512Pair mask) => Vector512.ExtractMostSignificantBits(mask._low | mask._high) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512Pair ShiftLeft(Simd512Pair value, int bits) =>
        new(Vector512.ShiftLeft(value._low.AsInt32(), bits).AsSingle(), Vector512.ShiftLeft(value._high.AsInt32(), bits).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512Pair Lookup(float* table, Simd512Pair index) => new(Simd512.Lookup(table, index._low), Simd512.Lookup(table, index._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512Pair Gather(float* table, int mask, Simd512Pair index) => new(Simd512.Gather(table, mask, index._low), Simd512.Gather(table, mask, index._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Simd512Pair value) => Vector512.Sum(value._low + value._high);
}
