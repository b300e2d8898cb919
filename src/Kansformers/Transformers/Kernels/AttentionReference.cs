using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>What <see cref="AttentionFunction"/> computes, by torch's operations, of any type.</summary>
internal static class AttentionReference
{
    /// <summary>Attention of all tokens of each sequence to those before them and themselves.</summary>
    /// <param name="packed">(B, T, 3 · width).</param>
    /// <param name="layout">The heads.</param>
    /// <returns>(B, T, width).</returns>
    public static Tensor Apply(Tensor packed, HeadLayout layout)
    {
        using var scope = NewDisposeScope();
        long tokens = packed.shape[1];
        using Rotary rotary = new(layout.Heads, layout.Size, layout.Past + (int)tokens) { Norm = layout.Norm };
        (Tensor q, Tensor k, Tensor v) = rotary.call(packed, layout.Past); // each (B, heads, T, size)
        Tensor mask = ones(tokens, tokens, dtype: ScalarType.Bool).triu(1);
        Tensor weights = (q.matmul(k.transpose(-2, -1)) * layout.Scale).masked_fill(mask, double.NegativeInfinity).softmax(-1);
        return weights.matmul(v).transpose(1, 2).reshape(packed.shape[0], tokens, layout.Width).MoveToOuterDisposeScope();
    }
}
