using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kansformers.Runtime;

/// <summary>4 lanes.</summary>
internal readonly unsafe struct Simd128(Vector128<float> value) : ISimd<Simd128>
{
    private readonly Vector128<float> _value = value;

    public static int Count => 4;

    public static int SumLanes => Count;

    public static Simd128 Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector128<float>.Zero);
    }

    public static Simd128 One
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector128<float>.One);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128 operator +(Simd128 left, Simd128 right) => new(left._value + right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128 operator -(Simd128 left, Simd128 right) => new(left._value - right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128 operator *(Simd128 left, Simd128 right) => new(left._value * right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128 operator /(Simd128 left, Simd128 right) => new(left._value / right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128 operator -(Simd128 value) => new(-value._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128 operator &(Simd128 left, Simd128 right) => new(left._value & right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128 operator |(Simd128 left, Simd128 right) => new(left._value | right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128 operator ^(Simd128 left, Simd128 right) => new(left._value ^ right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128 operator ~(Simd128 value) => new(~value._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128 Create(float value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128 Load(float* from) => new(Vector128.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Simd128 value, float* to) => Vector128.Store(value._value, to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddTo(float* sums, Simd128 value) => Store(Load(sums) + value, sums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddProductTo(float* sums, Simd128 a, Simd128 b) => Store(FusedMultiplyAdd(a, b, Load(sums)), sums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128 FusedMultiplyAdd(Simd128 a, Simd128 b, Simd128 c) => new(Vector128.FusedMultiplyAdd(a._value, b._value, c._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128 AddProduct(Simd128 sum, Simd128 factor, float* from) => new(Vector128.FusedMultiplyAdd(factor._value, Vector128.Load(from), sum._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128 Reciprocal(Simd128 value) => One / value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128 MaxNative(Simd128 a, Simd128 b) => new(Vector128.MaxNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128 MinNative(Simd128 a, Simd128 b) => new(Vector128.MinNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128 Abs(Simd128 value) => new(Vector128.Abs(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128 Round(Simd128 value) => new(Vector128.Round(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128 GreaterOrEqual(Simd128 a, Simd128 b) => new(Vector128.GreaterThanOrEqual(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128 Greater(Simd128 a, Simd128 b) => new(Vector128.GreaterThan(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128 Equal(Simd128 a, Simd128 b) => new(Vector128.Equals(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128 Select(Simd128 mask, Simd128 a, Simd128 b) => new(Vector128.ConditionalSelect(mask._value, a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Any(Simd128 mask) => Vector128.ExtractMostSignificantBits(mask._value) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128 ShiftLeft(Simd128 value, int bits) => new(Vector128.ShiftLeft(value._value.AsInt32(), bits).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128 Lookup(float* table, Simd128 index)
    {
        Vector128<int> at = Vector128.ConvertToInt32Native(index._value) & Vector128.Create(15);
        return new(Vector128.Create(table[at[0]], table[at[1]], table[at[2]], table[at[3]]));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128 Gather(float* table, int mask, Simd128 index)
    {
        Vector128<int> at = Vector128.ConvertToInt32Native(index._value) & Vector128.Create(mask);
        return new(Vector128.Create(table[at[0]], table[at[1]], table[at[2]], table[at[3]]));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Simd128 value) => Vector128.Sum(value._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd128 ScaleByPower(Simd128 value, Simd128 n)
    {
        Vector128<int> exponent = Vector128.ConvertToInt32(n._value), half = Vector128.ShiftRightArithmetic(exponent, 1), bias = Vector128.Create(127);
        return new(value._value * Vector128.ShiftLeft(half + bias, 23).AsSingle() * Vector128.ShiftLeft(exponent - half + bias, 23).AsSingle());
    }
}
