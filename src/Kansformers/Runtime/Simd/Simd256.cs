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
        Vector256<int> at = Vector256.ConvertToInt32Native(index._value);
        Vector256<float> first = Vector256.Load(table), second = Vector256.Load(table + 8);
        if (Avx2.IsSupported) // which looks at the lowest three bits, and the blend at the highest one
            return new(Avx.BlendVariable(Avx2.PermuteVar8x32(first, at), Avx2.PermuteVar8x32(second, at), Vector256.ShiftLeft(at, 28).AsSingle()));
        Vector256<int> within = at & Vector256.Create(7);
        Vector256<float> low = Vector256.Shuffle(first, within), high = Vector256.Shuffle(second, within);
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
    public static void AddRows(float* rows, RowPlaces places, in Four<Simd256> terms)
    {
        if (!Avx.IsSupported)
        {
            SimdRows.Add(rows, places, terms);
            return;
        }

        // Rows of lanes 0 to 3 in the lower half, of 4 to 7 in the upper one.
        (Vector256<float> r0, Vector256<float> r1, Vector256<float> r2, Vector256<float> r3) = Transposed(terms);
        AddRow(rows + places.Of(0), r0.GetLower());
        AddRow(rows + 4 + places.Of(1), r1.GetLower());
        AddRow(rows + 8 + places.Of(2), r2.GetLower());
        AddRow(rows + 12 + places.Of(3), r3.GetLower());
        AddRow(rows + places.Of(4), r0.GetUpper());
        AddRow(rows + 4 + places.Of(5), r1.GetUpper());
        AddRow(rows + 8 + places.Of(6), r2.GetUpper());
        AddRow(rows + 12 + places.Of(7), r3.GetUpper());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddRows(float* rows, RowPlaces places, in Four<Simd256> first, in Four<Simd256> second)
    {
        if (!Avx.IsSupported)
        {
            SimdRows.Add(rows, places, first, second);
            return;
        }

        (Vector256<float> a0, Vector256<float> a1, Vector256<float> a2, Vector256<float> a3) = Transposed(first);
        (Vector256<float> b0, Vector256<float> b1, Vector256<float> b2, Vector256<float> b3) = Transposed(second);
        AddRow(rows + places.Of(0), Avx.Permute2x128(a0, b0, 0x20));
        AddRow(rows + 8 + places.Of(1), Avx.Permute2x128(a1, b1, 0x20));
        AddRow(rows + 16 + places.Of(2), Avx.Permute2x128(a2, b2, 0x20));
        AddRow(rows + 24 + places.Of(3), Avx.Permute2x128(a3, b3, 0x20));
        AddRow(rows + places.Of(4), Avx.Permute2x128(a0, b0, 0x31));
        AddRow(rows + 8 + places.Of(5), Avx.Permute2x128(a1, b1, 0x31));
        AddRow(rows + 16 + places.Of(6), Avx.Permute2x128(a2, b2, 0x31));
        AddRow(rows + 24 + places.Of(7), Avx.Permute2x128(a3, b3, 0x31));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<float> R0, Vector256<float> R1, Vector256<float> R2, Vector256<float> R3) Transposed(in Four<Simd256> terms)
    {
        Vector256<float> acLow = Avx.UnpackLow(terms.A._value, terms.C._value), acHigh = Avx.UnpackHigh(terms.A._value, terms.C._value);
        Vector256<float> bdLow = Avx.UnpackLow(terms.B._value, terms.D._value), bdHigh = Avx.UnpackHigh(terms.B._value, terms.D._value);
        return (Avx.UnpackLow(acLow, bdLow), Avx.UnpackHigh(acLow, bdLow), Avx.UnpackLow(acHigh, bdHigh), Avx.UnpackHigh(acHigh, bdHigh));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRow(float* row, Vector128<float> terms) => Vector128.Store(Vector128.Load(row) + terms, row);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRow(float* row, Vector256<float> terms) => Vector256.Store(Vector256.Load(row) + terms, row);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Simd256 value) => Vector256.Sum(value._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Simd256 ScaleByPower(Simd256 value, Simd256 n)
    {
        Vector256<int> exponent = Vector256.ConvertToInt32(n._value), half = Vector256.ShiftRightArithmetic(exponent, 1), bias = Vector256.Create(127);
        return new(value._value * Vector256.ShiftLeft(half + bias, 23).AsSingle() * Vector256.ShiftLeft(exponent - half + bias, 23).AsSingle());
    }
}
