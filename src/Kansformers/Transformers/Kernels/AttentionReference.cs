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
        Tensor[] parts = Heads(packed, layout).unbind(0); // 3 x (B, heads, T, size)
        Tensor mask = ones(tokens, tokens, dtype: ScalarType.Bool).triu(1);
        Tensor weights = (parts[0].matmul(parts[1].transpose(-2, -1)) * layout.Scale).masked_fill(mask, double.NegativeInfinity).softmax(-1);
        return weights.matmul(parts[2]).transpose(1, 2).reshape(packed.shape[0], tokens, layout.Width).MoveToOuterDisposeScope();
    }

    /// <summary>Queries and keys, normed and turned, and values: (3, B, heads, T, size).</summary>
    public static Tensor Heads(Tensor packed, HeadLayout layout)
    {
        using var scope = NewDisposeScope();
        (long batch, long tokens, int half) = (packed.shape[0], packed.shape[1], layout.Size / 2);
        Tensor all = packed.view(batch, tokens, 3, layout.Heads, layout.Size).permute(2, 0, 3, 1, 4), x = all.narrow(0, 0, 2);
        if (layout.Norm)
            x = x * (x.square().mean([-1L], keepdim: true) + RmsNorm.Epsilon).rsqrt();
        Tensor positions = arange(layout.Past, layout.Past + tokens, dtype: ScalarType.Float64).unsqueeze(1);
        Tensor angles = positions * pow(tensor(Rotary.Base), arange(half, dtype: ScalarType.Float64) * (-2.0 / layout.Size)); // (T, half)
        Tensor cosine = angles.cos().to_type(x.dtype), sine = angles.sin().to_type(x.dtype), a = x.narrow(-1, 0, half), b = x.narrow(-1, half, half);
        return cat([cat([a * cosine - b * sine, b * cosine + a * sine], -1), all.narrow(0, 2, 1)], 0).MoveToOuterDisposeScope();
    }
}
