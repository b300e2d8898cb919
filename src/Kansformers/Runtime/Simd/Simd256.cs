using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Kansformers.Runtime;

/// <summary>8 lanes.</summary>
internal readonly unsafe struct Simd256(Vector256<float> value) : ISimd<Simd256>
{
    private readonly Vector256<float> _value = value;

    public static int Count => 8;

    public static int SumLanes => Count;

    public static Simd256 Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector256<float>.Zero);
    }

    public static Simd256 One
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector256<float>.One);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256 operator +(Simd256 left, Simd256 right) => new(left._value + right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256 operator -(Simd256 left, Simd256 right) => new(left._value - right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256 operator *(Simd256 left, Simd256 right) => new(left._value * right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256 operator /(Simd256 left, Simd256 right) => new(left._value / right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256 operator -(Simd256 value) => new(-value._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256 operator &(Simd256 left, Simd256 right) => new(left._value & right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256 operator |(Simd256 left, Simd256 right) => new(left._value | right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256 operator ^(Simd256 left, Simd256 right) => new(left._value ^ right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256 operator ~(Simd256 value) => new(~value._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256 Create(float value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256 Load(float* from) => new(Vector256.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Simd256 value, float* to) => Vector256.Store(value._value, to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddTo(float* sums, Simd256 value) => Store(Load(sums) + value, sums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddProductTo(float* sums, Simd256 a, Simd256 b) => Store(FusedMultiplyAdd(a, b, Load(sums)), sums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256 FusedMultiplyAdd(Simd256 a, Simd256 b, Simd256 c) => new(Vector256.FusedMultiplyAdd(a._value, b._value, c._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256 AddProduct(Simd256 sum, Simd256 factor, float* from) => new(Vector256.FusedMultiplyAdd(factor._value, Vector256.Load(from), sum._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256 Reciprocal(Simd256 value) => One / value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256 MaxNative(Simd256 a, Simd256 b) => new(Vector256.MaxNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256 MinNative(Simd256 a, Simd256 b) => new(Vector256.MinNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256 Abs(Simd256 value) => new(Vector256.Abs(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256 Round(Simd256 value) => new(Vector256.Round(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256 GreaterOrEqual(Simd256 a, Simd256 b) => new(Vector256.GreaterThanOrEqual(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256 Greater(Simd256 a, Simd256 b) => new(Vector256.GreaterThan(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256 Equal(Simd256 a, Simd256 b) => new(Vector256.Equals(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256 Select(Simd256 mask, Simd256 a, Simd256 b) => new(Vector256.ConditionalSelect(mask._value, a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Any(Simd256 mask) => Vector256.ExtractMostSignificantBits(mask._value) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256 ShiftLeft(Simd256 value, int bits) => new(Vector256.ShiftLeft(value._value.AsInt32(), bits).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256 Lookup(float* table, Simd256 index)
    {
        Vector256<int> at = Vector256.ConvertToInt32Native(index._value), within = at & Vector256.Create(7);
        Vector256<float> first = Vector256.Load(table), second = Vector256.Load(table + 8);
        Vector256<float> low = Avx2.IsSupported ? Avx2.PermuteVar8x32(first, within) : Vector256.Shuffle(first, within);
        Vector256<float> high = Avx2.IsSupported ? Avx2.PermuteVar8x32(second, within) : Vector256.Shuffle(second, within);
        return new(Vector256.ConditionalSelect(Vector256.Equals(at & Vector256.Create(8), Vector256<int>.Zero).AsSingle(), low, high));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256 Gather(float* table, int mask, Simd256 index) => new(Gather(table, mask, index._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<float> Gather(float* table, int mask, Vector256<float> index)
    {
        Vector256<int> at = Vector256.ConvertToInt32Native(index) & Vector256.Create(mask);
        return Avx2.IsSupported ? Avx2.GatherVector256(table, at, sizeof(float))
            : Vector256.Create(table[at[0]], table[at[1]], table[at[2]], table[at[3]], table[at[4]], table[at[5]], table[at[6]], table[at[7]]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Simd256 value) => Vector256.Sum(value._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256 ScaleByPower(Simd256 value, Simd256 n)
    {
        Vector256<int> exponent = Vector256.ConvertToInt32(n._value), half = Vector256.ShiftRightArithmetic(exponent, 1), bias = Vector256.Create(127);
        return new(value._value * Vector256.ShiftLeft(half + bias, 23).AsSingle() * Vector256.ShiftLeft(exponent - half + bias, 23).AsSingle());
    }
}
