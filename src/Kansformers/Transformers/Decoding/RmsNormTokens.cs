using Kansformers.Kan;

namespace Kansformers.Transformers;

/// <summary>An RMS norm for single tokens.</summary>
internal sealed unsafe class RmsNormTokens(int width) : ITokenLayer
{
    /// <inheritdoc/>
    public int Outputs => width;

    /// <inheritdoc/>
    public void Run(float* x, float* y) => VectorMath.Scale(x, RmsRows.Factor(x, width), y, width);

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
