using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// One transformer block as it was first described (Vaswani et al., "Attention Is All You Need", 2017) and as BERT has it: attention, then feed-forward, each added
/// to what came in, with a layer norm behind the sum.
/// </summary>
internal sealed class PostNormBlock : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "attn")]
    private readonly SelfAttention _attention;

    [ComponentName(Name = "ln_1")]
    private readonly LayerNorm _norm1;

    [ComponentName(Name = "mlp")]
    private readonly FeedForward _feedForward;

    [ComponentName(Name = "ln_2")]
    private readonly LayerNorm _norm2;

    /// <param name="attention">The first part.</param>
    /// <param name="feedForward">The second part.</param>
    /// <param name="layers">Makes linear layers and norms.</param>
    /// <param name="layer">Which block of the model it is, from 0.</param>
    public PostNormBlock(AttentionOptions attention, FeedForwardOptions feedForward, LinearLayers layers, int layer)
        : base(nameof(PostNormBlock))
    {
        _attention = new SelfAttention(attention, layers, layer);
        _norm1 = layers.Norm(attention.Width, attention.Bias);
        _feedForward = new FeedForward(feedForward, layers);
        _norm2 = layers.Norm(attention.Width, attention.Bias);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x) => forward(x, null);

    /// <param name="x">(B, T, C).</param>
    /// <param name="mask">A <see cref="PaddingMask"/>; null where nothing is padded.</param>
    public Tensor forward(Tensor x, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        Tensor h = _norm1.forward(x + _attention.forward(x, null, mask)); // (B, T, C)
        return _norm2.forward(h + _feedForward.forward(h)).MoveToOuterDisposeScope();
    }
}
