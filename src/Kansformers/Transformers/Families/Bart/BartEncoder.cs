using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>The half of a BART that reads a text from both sides.</summary>
internal sealed class BartEncoder : BartSide
{
    [ComponentName(Name = "blocks")]
    private readonly ModuleList<PostNormBlock> _blocks;

    public BartEncoder(BartOptions options, LinearLayers layers)
        : base("encoder", options, layers)
    {
        (AttentionOptions attention, FeedForwardOptions feedForward) = Parts(options, options.Heads, options.InnerWidth);
        _blocks = nn.ModuleList([.. Enumerable.Range(0, options.Layers).Select(layer => new PostNormBlock(attention with { Causal = false }, feedForward, layers, layer))]);
        RegisterComponents();
    }

    public Tensor forward(Tensor tokens, Tensor? padding)
    {
        using var scope = NewDisposeScope();
        Tensor x = Begin(tokens, 0);
        foreach (PostNormBlock block in _blocks)
            x = block.forward(x, padding);
        return x.MoveToOuterDisposeScope();
    }
}
