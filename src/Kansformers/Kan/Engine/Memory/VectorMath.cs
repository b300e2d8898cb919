using System.Numerics;
using System.Runtime.Intrinsics.X86;

namespace Kansformers.Kan;

/// <summary>Sums and products of float32 rows, as fast as memory gives them.</summary>
internal static unsafe class VectorMath
{
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

    /// <summary>Asks for memory that is soon needed, where the processor does not foresee it: short rows far from each other. Any address is allowed.</summary>
    public static void Prefetch(float* from, int count)
    {
        if (!Sse.IsSupported)
            return;
        for (int at = 0; at < count; at += 16)
            Sse.Prefetch0(from + at);
    }
}
