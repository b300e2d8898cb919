using System.Numerics;

namespace Kansformers.Kan;

/// <summary>The products of gates, y[i] = a[i] · b[i - shift] around a ring of n values; a shift of 0 is no ring.</summary>
internal static unsafe class GateLoops
{
    /// <summary>y[i] = a[i] · b[i - shift].</summary>
    public static void Multiply(float* a, float* b, float* y, int n, int shift)
    {
        Multiply(a, b + n - shift, y, shift);
        Multiply(a + shift, b, y + shift, n - shift);
    }

    /// <summary>What comes back through the product: the gradients of both factors, and of what they are functions of.</summary>
    public static void Backward(in GateRows rows, int n, int shift)
    {
        // The next value, which this one gates, and the one before, which gates it, are elsewhere at both ends of the ring.
        int first = Math.Min(shift, n - shift);
        if (first < shift)
        {
            Backward(rows, 0, n, 0, 0);
            return;
        }

        Backward(rows, 0, shift, n - shift, shift);
        Backward(rows, shift, n - 2 * shift, -shift, shift);
        Backward(rows, n - shift, shift, -shift, shift - n);
    }

    /// <summary>y = a · b.</summary>
    public static void Multiply(float* a, float* b, float* y, int count)
    {
        int i = 0;
        for (; i + Vector<float>.Count <= count; i += Vector<float>.Count)
            Vector.Store(Vector.Load(a + i) * Vector.Load(b + i), y + i);
        for (; i < count; i++)
            y[i] = a[i] * b[i];
    }

    private static void Backward(in GateRows rows, int from, int count, int before, int after)
    {
        float* g = rows.Upstream + from, gAfter = g + after, aAfter = rows.A + from + after, b = rows.B + from + before;
        float* slopeA = rows.SlopeA + from, slopeB = rows.SlopeB + from, ofA = rows.OfA + from, ofB = rows.OfB + from;
        float* dx = rows.Dx + from, dxB = rows.DxB is null ? null : rows.DxB + from;
        int i = 0;
        for (; i + Vector<float>.Count <= count; i += Vector<float>.Count)
        {
            Vector<float> u = Vector.Load(g + i) * Vector.Load(b + i), v = Vector.Load(gAfter + i) * Vector.Load(aAfter + i);
            Vector.Store(u, ofA + i);
            Vector.Store(v, ofB + i);
            if (dxB is null)
            {
                Vector.Store(Vector.FusedMultiplyAdd(u, Vector.Load(slopeA + i), v * Vector.Load(slopeB + i)), dx + i);
                continue;
            }

            Vector.Store(u * Vector.Load(slopeA + i), dx + i);
            Vector.Store(v * Vector.Load(slopeB + i), dxB + i);
        }

        for (; i < count; i++)
        {
            (ofA[i], ofB[i]) = (g[i] * b[i], gAfter[i] * aAfter[i]);
            if (dxB is null)
                dx[i] = float.FusedMultiplyAdd(ofA[i], slopeA[i], ofB[i] * slopeB[i]);
            else
                (dx[i], dxB[i]) = (ofA[i] * slopeA[i], ofB[i] * slopeB[i]);
        }
    }
}

/// <summary>The rows of a gate's backward pass.</summary>
internal unsafe struct GateRows
{
    /// <summary>The gradient of the products.</summary>
    public float* Upstream;

    /// <summary>The factors.</summary>
    public float* A, B;

    /// <summary>Their derivatives.</summary>
    public float* SlopeA, SlopeB;

    /// <summary>The gradients of the factors, to be written.</summary>
    public float* OfA, OfB;

    /// <summary>The gradient of what both are functions of, to be written; where they are functions of different values, of A's and of B's.</summary>
    public float* Dx, DxB;
}
