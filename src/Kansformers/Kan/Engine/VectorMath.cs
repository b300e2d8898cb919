using System.Numerics;
using System.Runtime.CompilerServices;

namespace Kansformers.Kan;

/// <summary>The few functions that the engine needs at the machine's vector width and in float32.</summary>
internal static unsafe class VectorMath
{
    private const float Log2E = 1.44269504088896341f;

    // ln 2 in two parts, the first with zeros at its end, so that n · High is exact for every exponent n.
    private const float Ln2High = 0.693359375f, Ln2Low = -2.12194440e-4f;
    private const float Largest = 88.72f, Smallest = -87.33f;

    /// <summary>exp(x) to about 1 unit in the last place; infinity above 88.72, about 1e-38 below -87.33, NaN for NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Exp(Vector<float> x)
    {
        Vector<float> inside = Vector.Min(Vector.Max(x, Vector.Create(Smallest)), Vector.Create(Largest));
        Vector<float> n = Vector.Round(inside * Log2E);
        Vector<float> r = Vector.FusedMultiplyAdd(n, Vector.Create(-Ln2High), inside);
        r = Vector.FusedMultiplyAdd(n, Vector.Create(-Ln2Low), r);

        // exp(r) on |r| <= ln 2 / 2 by its Taylor polynomial: the first term left out, r^8 / 8!, is below 6e-9.
        Vector<float> p = Vector.Create(1f / 5040);
        p = Vector.FusedMultiplyAdd(p, r, Vector.Create(1f / 720));
        p = Vector.FusedMultiplyAdd(p, r, Vector.Create(1f / 120));
        p = Vector.FusedMultiplyAdd(p, r, Vector.Create(1f / 24));
        p = Vector.FusedMultiplyAdd(p, r, Vector.Create(1f / 6));
        p = Vector.FusedMultiplyAdd(p, r, Vector.Create(0.5f));
        p = Vector.FusedMultiplyAdd(p, r, Vector<float>.One);
        p = Vector.FusedMultiplyAdd(p, r, Vector<float>.One);

        // Multiply by 2^n in two steps: 2^128 itself has no float32 form, though exp(88.7) has.
        Vector<int> exponent = Vector.ConvertToInt32(n);
        Vector<int> half = Vector.ShiftRightArithmetic(exponent, 1);
        Vector<float> value = p * PowerOfTwo(half) * PowerOfTwo(exponent - half);
        value = Vector.ConditionalSelect(Vector.GreaterThan(x, Vector.Create(Largest)), Vector.Create(float.PositiveInfinity), value);
        return Vector.ConditionalSelect(Vector.Equals(x, x), value, x);
    }

    /// <summary>1 / (1 + exp(-x)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Sigmoid(Vector<float> x) => Vector<float>.One / (Vector<float>.One + Exp(-x));

    /// <summary>Σ a · b.</summary>
    public static float Dot(float* a, float* b, int count)
    {
        Vector<float> sum = Vector<float>.Zero;
        int at = 0;
        for (; at + Vector<float>.Count <= count; at += Vector<float>.Count)
            sum = Vector.FusedMultiplyAdd(Vector.Load(a + at), Vector.Load(b + at), sum);
        float rest = 0;
        for (; at < count; at++)
            rest += a[at] * b[at];
        return Vector.Sum(sum) + rest;
    }

    /// <summary>to = from · factor.</summary>
    public static void Scale(float* from, float factor, float* to, int count)
    {
        int at = 0;
        for (; at + Vector<float>.Count <= count; at += Vector<float>.Count)
            Vector.Store(Vector.Load(from + at) * factor, to + at);
        for (; at < count; at++)
            to[at] = from[at] * factor;
    }

    /// <summary>to += from · factor.</summary>
    public static void AddScaled(float* from, float factor, float* to, int count)
    {
        int at = 0;
        for (; at + Vector<float>.Count <= count; at += Vector<float>.Count)
            Vector.Store(Vector.FusedMultiplyAdd(Vector.Load(from + at), Vector.Create(factor), Vector.Load(to + at)), to + at);
        for (; at < count; at++)
            to[at] += from[at] * factor;
    }

    /// <summary>to += from.</summary>
    public static void Add(float* from, float* to, int count) => AddScaled(from, 1, to, count);

    /// <summary>values *= factors.</summary>
    public static void Multiply(float* values, float* factors, int count)
    {
        int at = 0;
        for (; at + Vector<float>.Count <= count; at += Vector<float>.Count)
            Vector.Store(Vector.Load(values + at) * Vector.Load(factors + at), values + at);
        for (; at < count; at++)
            values[at] *= factors[at];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> PowerOfTwo(Vector<int> n) => Vector.AsVectorSingle(Vector.ShiftLeft(n + Vector.Create(127), 23));
}
