using System.Numerics;
using System.Runtime.InteropServices;

namespace Kansformers.Numerics;

/// <summary>Sums over vectors of doubles, as wide as the processor is.</summary>
internal static class DoubleVectors
{
    /// <summary>Σ a_i b_i.</summary>
    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        b = b[..a.Length];
        ReadOnlySpan<Vector<double>> va = MemoryMarshal.Cast<double, Vector<double>>(a), vb = MemoryMarshal.Cast<double, Vector<double>>(b);
        Vector<double> first = default, second = default;
        int at = 0;
        for (; at + 1 < va.Length; at += 2)
        {
            first += va[at] * vb[at];
            second += va[at + 1] * vb[at + 1];
        }

        if (at < va.Length)
            first += va[at] * vb[at];
        double sum = Vector.Sum(first + second);
        for (int tail = va.Length * Vector<double>.Count; tail < a.Length; tail++)
            sum += a[tail] * b[tail];
        return sum;
    }

    /// <summary>to_i += factor · from_i.</summary>
    public static void AddScaled(Span<double> to, double factor, ReadOnlySpan<double> from)
    {
        from = from[..to.Length];
        Span<Vector<double>> target = MemoryMarshal.Cast<double, Vector<double>>(to);
        ReadOnlySpan<Vector<double>> source = MemoryMarshal.Cast<double, Vector<double>>(from);
        Vector<double> by = new(factor);
        for (int at = 0; at < target.Length; at++)
            target[at] += by * source[at];
        for (int tail = target.Length * Vector<double>.Count; tail < to.Length; tail++)
            to[tail] += factor * from[tail];
    }

    /// <summary>to_i = factor · from_i + shift.</summary>
    public static void Affine(Span<double> to, ReadOnlySpan<double> from, double factor, double shift)
    {
        from = from[..to.Length];
        Span<Vector<double>> target = MemoryMarshal.Cast<double, Vector<double>>(to);
        ReadOnlySpan<Vector<double>> source = MemoryMarshal.Cast<double, Vector<double>>(from);
        Vector<double> by = new(factor), plus = new(shift);
        for (int at = 0; at < target.Length; at++)
            target[at] = source[at] * by + plus;
        for (int tail = target.Length * Vector<double>.Count; tail < to.Length; tail++)
            to[tail] = from[tail] * factor + shift;
    }

    /// <summary>Σ a_i.</summary>
    public static double Sum(ReadOnlySpan<double> a)
    {
        ReadOnlySpan<Vector<double>> va = MemoryMarshal.Cast<double, Vector<double>>(a);
        Vector<double> sums = default;
        foreach (Vector<double> values in va)
            sums += values;
        double sum = Vector.Sum(sums);
        for (int tail = va.Length * Vector<double>.Count; tail < a.Length; tail++)
            sum += a[tail];
        return sum;
    }

    /// <summary>max |a_i|; 0 for an empty vector, NaN where one is.</summary>
    public static double LargestMagnitude(ReadOnlySpan<double> a)
    {
        double largest = 0;
        foreach (double value in a)
            largest = Math.Max(largest, Math.Abs(value));
        return largest;
    }

    /// <summary>Whether every element is a number.</summary>
    public static bool AllFinite(ReadOnlySpan<double> a)
    {
        // 0 · x is 0 for numbers and NaN for all else, so one sum tells of all.
        ReadOnlySpan<Vector<double>> va = MemoryMarshal.Cast<double, Vector<double>>(a);
        Vector<double> sums = default;
        foreach (Vector<double> values in va)
            sums += values * Vector<double>.Zero;
        double sum = Vector.Sum(sums);
        for (int tail = va.Length * Vector<double>.Count; tail < a.Length; tail++)
            sum += a[tail] * 0;
        return sum == 0;
    }

    /// <summary>Mean and standard deviation with n - 1 in the denominator; the deviation of fewer than two values is 0.</summary>
    public static (double Mean, double Deviation) Moments(ReadOnlySpan<double> a)
    {
        if (a.Length == 0)
            return (0, 0);
        double mean = Sum(a) / a.Length;
        if (a.Length == 1)
            return (mean, 0);
        ReadOnlySpan<Vector<double>> va = MemoryMarshal.Cast<double, Vector<double>>(a);
        Vector<double> sums = default, centre = new(mean);
        foreach (Vector<double> values in va)
        {
            Vector<double> off = values - centre;
            sums += off * off;
        }

        double sum = Vector.Sum(sums);
        for (int tail = va.Length * Vector<double>.Count; tail < a.Length; tail++)
            sum += (a[tail] - mean) * (a[tail] - mean);
        return (mean, Math.Sqrt(sum / (a.Length - 1)));
    }
}
