using Kansformers.Kan;
using Kansformers.Runtime;

namespace Kansformers.Transformers;

/// <summary>A transformer block for single tokens.</summary>
internal sealed unsafe class BlockTokens(ITokenLayer norm1, ITokenLayer attention, ITokenLayer norm2, ITokenLayer feedForward) : ITokenLayer
{
    private readonly NativeFloats _memory = new(2L * norm1.Outputs);

    /// <summary>Opens the parts of a block; null, with nothing left open, when one cannot be opened.</summary>
    /// <param name="parts">A norm, attention, a norm, the feed-forward part; null is what cannot be opened.</param>
    public static BlockTokens? Of(ITokenLayer?[] parts)
    {
        if (parts is [ITokenLayer norm1, ITokenLayer attention, ITokenLayer norm2, ITokenLayer feedForward])
            return new BlockTokens(norm1, attention, norm2, feedForward);
        Array.ForEach(parts, part => part?.Dispose());
        return null;
    }

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
