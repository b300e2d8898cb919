using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// One transformer block as it was first described (Vaswani et al., "Attention Is All You Need", 2017) and as BERT has it: attention, then feed-forward, each added
/// to what came in, with a layer norm behind the sum. In a decoder that reads what an encoder made of another text, attention to that stands between them.
/// </summary>
internal sealed class PostNormBlock : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "attn")]
    private readonly SelfAttention _attention;

    [ComponentName(Name = "ln_1")]
    private readonly LayerNorm _norm1;

    [ComponentName(Name = "cross")]
    private readonly CrossAttention? _cross;

    [ComponentName(Name = "ln_cross")]
    private readonly LayerNorm? _crossNorm;

    [ComponentName(Name = "mlp")]
    private readonly FeedForward _feedForward;

    [ComponentName(Name = "ln_2")]
    private readonly LayerNorm _norm2;

    /// <param name="attention">The first part, and attention to another text.</param>
    /// <param name="feedForward">The last part.</param>
    /// <param name="layers">Makes linear layers and norms.</param>
    /// <param name="layer">Which block of the model, or of its decoder, it is, from 0: its place in the cache.</param>
    /// <param name="crosses">Whether it attends to another text, too.</param>
    public PostNormBlock(AttentionOptions attention, FeedForwardOptions feedForward, LinearLayers layers, int layer, bool crosses = false)
        : base(nameof(PostNormBlock))
    {
        _attention = new SelfAttention(attention, layers, layer);
        _norm1 = layers.Norm(attention.Width, attention.Bias);
        if (crosses)
        {
            _cross = new CrossAttention(attention, layers, layer);
            _crossNorm = layers.Norm(attention.Width, attention.Bias);
        }

        _feedForward = new FeedForward(feedForward, layers);
        _norm2 = layers.Norm(attention.Width, attention.Bias);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x) => forward(x, null);

    /// <param name="x">(B, T, C).</param>
    /// <param name="mask">Without a cache, a <see cref="PaddingMask"/> of the tokens; null where nothing is padded.</param>
    /// <param name="encoded">What an encoder has read, where the block attends to it.</param>
    /// <param name="cache">The tokens before; null for none.</param>
    public Tensor forward(Tensor x, Tensor? mask, EncodedStates? encoded = null, DecoderCache? cache = null)
    {
        using var scope = NewDisposeScope();
        Tensor h = _norm1.forward(x + _attention.forward(x, cache?.Own, mask)); // (B, T, C)
        if (_cross is not null)
            h = _crossNorm!.forward(h + _cross.forward(h, encoded!, cache));
        return _norm2.forward(h + _feedForward.forward(h)).MoveToOuterDisposeScope();
    }
}
