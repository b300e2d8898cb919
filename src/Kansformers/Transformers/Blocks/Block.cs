using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>One transformer block: attention, then feed-forward, each behind a layer norm and added to what came in.</summary>
internal sealed class Block : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "ln_1")]
    private readonly LayerNorm _norm1;

    [ComponentName(Name = "attn")]
    private readonly SelfAttention _attention;

    [ComponentName(Name = "ln_2")]
    private readonly LayerNorm _norm2;

    [ComponentName(Name = "mlp")]
    private readonly FeedForward _feedForward;

    /// <param name="attention">The first part.</param>
    /// <param name="feedForward">The second part.</param>
    /// <param name="layers">Makes linear layers and norms.</param>
    /// <param name="layer">Which block of the model it is, from 0: its place in the cache.</param>
    public Block(AttentionOptions attention, FeedForwardOptions feedForward, LinearLayers layers, int layer)
        : base(nameof(Block))
    {
        _norm1 = layers.Norm(attention.Width, attention.Bias);
        _attention = new SelfAttention(attention, layers, layer);
        _norm2 = layers.Norm(attention.Width, attention.Bias);
        _feedForward = new FeedForward(feedForward, layers);
        RegisterComponents();
    }

    /// <summary>The block for single tokens, or null where that is not possible.</summary>
    public BlockTokens? OpenTokens(KeyValueCache cache, long largest) => BlockTokens.Of(
        [NormTokens.Open(_norm1), _attention.OpenTokens(cache, largest), NormTokens.Open(_norm2), _feedForward.OpenTokens(largest)]);

    public override Tensor forward(Tensor x) => forward(x, null);

    public Tensor forward(Tensor x, KeyValueCache? cache)
    {
        using var scope = NewDisposeScope();
        Tensor h = x + _attention.forward(_norm1.forward(x), cache); // (B, T, C)
        return (h + _feedForward.forward(_norm2.forward(h))).MoveToOuterDisposeScope();
    }
}
