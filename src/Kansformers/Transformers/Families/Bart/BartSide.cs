using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>What both sides begin with: positions, a norm, dropout.</summary>
internal abstract class BartSide : nn.Module
{
    // The published models left the first two rows to padding.
    public const int FirstPosition = 2;

    [ComponentName(Name = "positions")]
    private protected readonly Embedding _positions; // what is private in a base class would not be registered

    [ComponentName(Name = "norm")]
    private protected readonly LayerNorm _norm;

    [ComponentName(Name = "dropout")]
    private protected readonly Dropout _dropout;

    protected BartSide(string name, BartOptions options, LinearLayers layers)
        : base(name)
    {
        _positions = layers.Embedding(options.BlockSize + FirstPosition, options.Width);
        _norm = layers.Norm(options.Width);
        _dropout = nn.Dropout(options.EmbeddingDropout);
    }

    protected Tensor Begin(Tensor tokens, int past)
    {
        using var scope = NewDisposeScope();
        Tensor positions = _positions.forward(arange(FirstPosition + past, FirstPosition + past + tokens.shape[1], dtype: ScalarType.Int64, device: tokens.device)); // (T, C)
        return _dropout.forward(_norm.forward(tokens + positions)).MoveToOuterDisposeScope();
    }

    protected static (AttentionOptions Attention, FeedForwardOptions FeedForward) Parts(BartOptions options, int heads, int inner) =>
        (new AttentionOptions { Width = options.Width, Heads = heads, Dropout = options.AttentionDropout, OutputDropout = options.ResidualDropout },
        new FeedForwardOptions { Width = options.Width, Inner = inner, Activation = options.Activation, Dropout = options.ResidualDropout, InnerDropout = options.ActivationDropout });
}
