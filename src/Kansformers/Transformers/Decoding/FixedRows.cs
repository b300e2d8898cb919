using System.Numerics;
using Kansformers.Kan;

namespace Kansformers.Transformers;

/// <summary>A function of a row.</summary>
/// <param name="x">The row; other memory than <paramref name="y"/>.</param>
/// <param name="y">Overwritten.</param>
/// <param name="width">The values of <paramref name="y"/>.</param>
internal unsafe delegate void RowFunction(float* x, float* y, int width);

/// <summary>A function without parameters for single tokens.</summary>
internal sealed unsafe class RowTokens(int width, RowFunction function) : ITokenLayer
{
    /// <inheritdoc/>
    public int Outputs => width;

    /// <inheritdoc/>
    public void Run(float* x, float* y) => function(x, y, width);

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}

/// <summary>The functions of <see cref="FixedFunction"/> by rows.</summary>
internal static unsafe class FixedRows
{
    /// <summary>x.</summary>
    public static void Copy(float* x, float* y, int width) => new ReadOnlySpan<float>(x, width).CopyTo(new Span<float>(y, width));

    /// <summary>max(x, 0)²; NaN stays NaN.</summary>
    public static void SquaredRelu(float* x, float* y, int width)
    {
        for (int i = 0; i < width; i++)
            y[i] = x[i] < 0 ? 0 : x[i] * x[i];
    }

    /// <summary>silu(a) · b of [a, b].</summary>
    public static void SwiGlu(float* x, float* y, int width) => SiluTimes(x, x + width, y, width);

    /// <summary>silu(x[j]) · x[j - 1], wrapping around.</summary>
    public static void SiluRing(float* x, float* y, int width)
    {
        SiluTimes(x, x + width - 1, y, 1);
        SiluTimes(x + 1, x, y + 1, width - 1);
    }

    // a / (1 + exp(-a)) · b
    private static void SiluTimes(float* a, float* b, float* y, int count)
    {
        int at = 0;
        for (; at + Vector<float>.Count <= count; at += Vector<float>.Count)
        {
            Vector<float> value = Vector.Load(a + at);
            Vector.Store(value / (Vector<float>.One + Vector.Exp(-value)) * Vector.Load(b + at), y + at);
        }

        for (; at < count; at++)
            y[at] = a[at] / (1 + MathF.Exp(-a[at])) * b[at];
    }
}
