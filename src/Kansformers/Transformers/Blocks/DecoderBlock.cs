using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// One block of a decoder that reads what an encoder made of another text (Vaswani et al., "Attention Is All You Need", 2017): attention to the tokens before, attention
/// to the encoder's, feed-forward, each added to what came in, with a layer norm behind the sum.
/// </summary>
internal sealed class DecoderBlock : nn.Module
{
    [ComponentName(Name = "attn")]
    private readonly SelfAttention _attention;

    [ComponentName(Name = "ln_1")]
    private readonly LayerNorm _norm1;

    [ComponentName(Name = "cross")]
    private readonly CrossAttention _cross;

    [ComponentName(Name = "ln_cross")]
    private readonly LayerNorm _crossNorm;

    [ComponentName(Name = "mlp")]
    private readonly FeedForward _feedForward;

    [ComponentName(Name = "ln_2")]
    private readonly LayerNorm _norm2;

    /// <param name="attention">Both attentions.</param>
    /// <param name="feedForward">The last part.</param>
    /// <param name="layers">Makes linear layers and norms.</param>
    /// <param name="layer">Which block of the decoder it is, from 0: its place in the cache.</param>
    public DecoderBlock(AttentionOptions attention, FeedForwardOptions feedForward, LinearLayers layers, int layer)
        : base(nameof(DecoderBlock))
    {
        _attention = new SelfAttention(attention, layers, layer);
        _norm1 = layers.Norm(attention.Width, attention.Bias);
        _cross = new CrossAttention(attention, layers, layer);
        _crossNorm = layers.Norm(attention.Width, attention.Bias);
        _feedForward = new FeedForward(feedForward, layers);
        _norm2 = layers.Norm(attention.Width, attention.Bias);
        RegisterComponents();
    }

    /// <param name="x">(N, T, C).</param>
    /// <param name="encoded">What the encoder has read.</param>
    /// <param name="cache">The tokens before; null for none.</param>
    /// <param name="mask">Without a cache, a <see cref="PaddingMask"/> of the tokens; null where nothing is padded.</param>
    public Tensor forward(Tensor x, EncodedStates encoded, DecoderCache? cache, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        Tensor h = _norm1.forward(x + _attention.forward(x, cache?.Own, mask));
        h = _crossNorm.forward(h + _cross.forward(h, encoded, cache));
        return _norm2.forward(h + _feedForward.forward(h)).MoveToOuterDisposeScope();
    }
}
