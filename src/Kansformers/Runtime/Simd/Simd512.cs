using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Kansformers.Runtime;

/// <summary>16 lanes.</summary>
internal readonly unsafe struct Simd512(Vector512<float> value) : ISimd<Simd512>
{
    private readonly Vector512<float> _value = value;

    public static int Count => 16;

    public static int SumLanes => Count;

    public static Simd512 Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector512<float>.Zero);
    }

    public static Simd512 One
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector512<float>.One);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512 operator +(Simd512 left, Simd512 right) => new(left._value + right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512 operator -(Simd512 left, Simd512 right) => new(left._value - right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512 operator *(Simd512 left, Simd512 right) => new(left._value * right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512 operator /(Simd512 left, Simd512 right) => new(left._value / right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512 operator -(Simd512 value) => new(-value._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512 operator &(Simd512 left, Simd512 right) => new(left._value & right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512 operator |(Simd512 left, Simd512 right) => new(left._value | right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512 operator ^(Simd512 left, Simd512 right) => new(left._value ^ right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512 operator ~(Simd512 value) => new(~value._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512 Create(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512 Load(float* from) => new(Vector512.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Simd512 value, float* to) => Vector512.Store(value._value, to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddTo(float* sums, Simd512 value) => Store(Load(sums) + value, sums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddProductTo(float* sums, Simd512 a, Simd512 b) => Store(FusedMultiplyAdd(a, b, Load(sums)), sums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512 FusedMultiplyAdd(Simd512 a, Simd512 b, Simd512 c) => new(Vector512.FusedMultiplyAdd(a._value, b._value, c._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512 AddProduct(Simd512 sum, Simd512 factor, float* from) => new(Vector512.FusedMultiplyAdd(factor._value, Vector512.Load(from), sum._value));

    // An estimate of 14 bits, and a step of Newton's: the division itself takes three times as long.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512 Reciprocal(Simd512 value) => new(Reciprocal(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Reciprocal(Vector512<float> value)
    {
        if (!Avx512F.IsSupported)
            return Vector512<float>.One / value;
        Vector512<float> estimate = Avx512F.Reciprocal14(value);
        return Vector512.FusedMultiplyAdd(estimate, Vector512.FusedMultiplyAdd(-value, estimate, Vector512<float>.One), estimate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512 MaxNative(Simd512 a, Simd512 b) => new(Vector512.MaxNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512 MinNative(Simd512 a, Simd512 b) => new(Vector512.MinNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512 Abs(Simd512 value) => new(Vector512.Abs(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512 Round(Simd512 value) => new(Vector512.Round(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512 GreaterOrEqual(Simd512 a, Simd512 b) => new(Vector512.GreaterThanOrEqual(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512 Greater(Simd512 a, Simd512 b) => new(Vector512.GreaterThan(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512 Equal(Simd512 a, Simd512 b) => new(Vector512.Equals(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512 Select(Simd512 mask, Simd512 a, Simd512 b) => new(Vector512.ConditionalSelect(mask._value, a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Any(Simd512 mask) => Vector512.ExtractMostSignificantBits(mask._value) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512 ShiftLeft(Simd512 value, int bits) => new(Vector512.ShiftLeft(value._value.AsInt32(), bits).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512 Lookup(float* table, Simd512 index) => new(Lookup(table, index._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Lookup(float* table, Vector512<float> index)
    {
        Vector512<int> at = Vector512.ConvertToInt32Native(index) & Vector512.Create(15);
        return Avx512F.IsSupported ? Avx512F.PermuteVar16x32(Vector512.Load(table), at) : Vector512.Shuffle(Vector512.Load(table), at);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512 Gather(float* table, int mask, Simd512 index) => new(Gather(table, mask, index._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Gather(float* table, int mask, Vector512<float> index) =>
        Vector512.Create(Simd256.Gather(table, mask, index.GetLower()), Simd256.Gather(table, mask, index.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Simd512 value) => Vector512.Sum(value._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd512 ScaleByPower(Simd512 value, Simd512 n) => new(ScaleByPower(value._value, n._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> ScaleByPower(Vector512<float> value, Vector512<float> n)
    {
        if (Avx512F.IsSupported)
            return Avx512F.Scale(value, n);
        Vector512<int> exponent = Vector512.ConvertToInt32(n), half = Vector512.ShiftRightArithmetic(exponent, 1), bias = Vector512.Create(127);
        return value * Vector512.ShiftLeft(half + bias, 23).AsSingle() * Vector512.ShiftLeft(exponent - half + bias, 23).AsSingle();
    }
}
