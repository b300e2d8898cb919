using System.Numerics;
using System.Runtime.InteropServices;

namespace Kansformers.Inspection;

/// <summary>The function beside the spline of every edge of a <see cref="KanNetwork"/>.</summary>
public enum EdgeBase
{
    /// <summary>x · sigmoid(x).</summary>
    Silu,

    /// <summary>x itself.</summary>
    Identity,

    /// <summary>None: an edge is its spline alone.</summary>
    Zero,
}

/// <summary>Base functions of columns.</summary>
internal static class EdgeBases
{
    /// <summary>The function and its derivative at every x.</summary>
    public static void Compute(EdgeBase function, ReadOnlySpan<double> x, Span<double> values, Span<double> slopes)
    {
        switch (function)
        {
            case EdgeBase.Silu:
                Silu(x, values, slopes);
                break;
            case EdgeBase.Identity:
                x.CopyTo(values);
                slopes.Fill(1);
                break;
            default:
                values.Clear();
                slopes.Clear();
                break;
        }
    }

    private static void Silu(ReadOnlySpan<double> x, Span<double> values, Span<double> slopes)
    {
        ReadOnlySpan<Vector<double>> from = MemoryMarshal.Cast<double, Vector<double>>(x);
        Span<Vector<double>> to = MemoryMarshal.Cast<double, Vector<double>>(values), slope = MemoryMarshal.Cast<double, Vector<double>>(slopes);
        for (int at = 0; at < from.Length; at++)
        {
            Vector<double> sigmoid = Vector<double>.One / (Vector<double>.One + Vector.Exp(-from[at])), value = from[at] * sigmoid;
            to[at] = value;
            slope[at] = sigmoid + value * (Vector<double>.One - sigmoid);
        }

        for (int tail = from.Length * Vector<double>.Count; tail < x.Length; tail++)
        {
            double sigmoid = 1 / (1 + Math.Exp(-x[tail])), value = x[tail] * sigmoid;
            values[tail] = value;
            slopes[tail] = sigmoid + value * (1 - sigmoid);
        }
    }
}
