using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>The half of a BART that writes a text from left to right.</summary>
internal sealed class BartDecoder : BartSide
{
    [ComponentName(Name = "blocks")]
    private readonly ModuleList<PostNormBlock> _blocks;

    public BartDecoder(BartOptions options, LinearLayers layers)
        : base("decoder", options, layers)
    {
        (AttentionOptions attention, FeedForwardOptions feedForward) = Parts(options, options.DecoderHeadCount, options.DecoderInnerWidth);
        _blocks = nn.ModuleList([.. Enumerable.Range(0, options.DecoderDepth).Select(layer => new PostNormBlock(attention, feedForward, layers, layer, crosses: true))]);
        RegisterComponents();
    }

    public Tensor forward(Tensor tokens, EncodedStates text, DecoderCache? cache, Tensor? padding)
    {
        using var scope = NewDisposeScope();
        Tensor x = Begin(tokens, cache?.Own.Length ?? 0);
        foreach (PostNormBlock block in _blocks)
            x = block.forward(x, padding, text, cache);
        return x.MoveToOuterDisposeScope();
    }
}
