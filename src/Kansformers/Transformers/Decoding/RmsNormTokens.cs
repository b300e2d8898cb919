using Kansformers.Kan;

namespace Kansformers.Transformers;

/// <summary>An RMS norm for single tokens.</summary>
internal sealed unsafe class RmsNormTokens(int width) : ITokenLayer
{
    /// <inheritdoc/>
    public int Outputs => width;

    /// <inheritdoc/>
    public void Run(float* x, float* y) => Apply(x, width, y);

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    /// <summary>to = x / sqrt(mean(x²) + ε); both may be the same memory.</summary>
    public static void Apply(float* x, int count, float* to)
    {
        float factor = (float)(1 / Math.Sqrt(RowProducts.Dot(x, x, count) / (double)count + RmsNorm.Epsilon));
        VectorMath.Scale(x, factor, to, count);
    }
}
