using Kansformers.Kan;
using Kansformers.Runtime;

namespace Kansformers.Transformers;

/// <summary>A transformer block for single tokens.</summary>
internal sealed unsafe class BlockTokens(ITokenLayer norm1, ITokenLayer attention, ITokenLayer norm2, ITokenLayer feedForward) : ITokenLayer
{
    private readonly NativeFloats _memory = new(2L * norm1.Outputs);

    /// <inheritdoc/>
    public int Outputs => norm1.Outputs;

    /// <inheritdoc/>
    public void Run(float* x, float* y)
    {
        float* seen = _memory.Pointer, found = seen + Outputs;
        norm1.Run(x, seen);
        attention.Run(seen, found);
        new ReadOnlySpan<float>(x, Outputs).CopyTo(new Span<float>(y, Outputs));
        VectorMath.Add(found, y, Outputs);
        norm2.Run(y, seen);
        feedForward.Run(seen, found);
        VectorMath.Add(found, y, Outputs);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ITokenLayer part in (ITokenLayer[])[norm1, attention, norm2, feedForward])
            part.Dispose();
        _memory.Dispose();
    }
}
