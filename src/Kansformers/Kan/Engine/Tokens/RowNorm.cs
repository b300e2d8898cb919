using System.Numerics;

namespace Kansformers.Kan;

/// <summary>Layer norm of one row.</summary>
internal static unsafe class RowNorm
{
    /// <summary>to = (x - mean) / sqrt(variance + eps) · weight + bias.</summary>
    /// <param name="x">The row.</param>
    /// <param name="count">Its values.</param>
    /// <param name="eps">Added to the variance.</param>
    /// <param name="weight">Factors.</param>
    /// <param name="bias">Summands, or null.</param>
    /// <param name="to">Overwritten.</param>
    public static void Run(float* x, int count, double eps, float* weight, float* bias, float* to)
    {
        double mean = Sum(x, count, 0) / count;
        float centre = (float)mean;
        double squares = Squares(x, count, centre), off = mean - centre;
        float factor = (float)(1 / Math.Sqrt(squares / count - off * off + eps));
        int at = 0;
        for (; at + Vector<float>.Count <= count; at += Vector<float>.Count)
        {
            Vector<float> value = (Vector.Load(x + at) - new Vector<float>(centre)) * factor * Vector.Load(weight + at);
            Vector.Store(bias is null ? value : value + Vector.Load(bias + at), to + at);
        }

        for (; at < count; at++)
            to[at] = (x[at] - centre) * factor * weight[at] + (bias is null ? 0 : bias[at]);
    }

    private static double Sum(float* x, int count, int at)
    {
        Vector<float> sum = Vector<float>.Zero;
        for (; at + Vector<float>.Count <= count; at += Vector<float>.Count)
            sum += Vector.Load(x + at);
        double total = 0;
        for (int lane = 0; lane < Vector<float>.Count; lane++)
            total += sum[lane];
        for (; at < count; at++)
            total += x[at];
        return total;
    }

    private static double Squares(float* x, int count, float centre)
    {
        Vector<float> sum = Vector<float>.Zero;
        int at = 0;
        for (; at + Vector<float>.Count <= count; at += Vector<float>.Count)
        {
            Vector<float> value = Vector.Load(x + at) - new Vector<float>(centre);
            sum = Vector.FusedMultiplyAdd(value, value, sum);
        }

        double total = 0;
        for (int lane = 0; lane < Vector<float>.Count; lane++)
            total += sum[lane];
        for (; at < count; at++)
            total += (double)(x[at] - centre) * (x[at] - centre);
        return total;
    }
}
