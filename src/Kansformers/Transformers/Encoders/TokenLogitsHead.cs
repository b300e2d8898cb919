using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>Logits from the hidden state of each token: dropout, and one layer.</summary>
internal abstract class TokenLogitsHead : nn.Module<Tensor, Tensor>, ILossHead
{
    /// <param name="options">The model.</param>
    /// <param name="layers">Makes linear layers.</param>
    /// <param name="name">The layer's name in weight files.</param>
    /// <param name="outputs">How many logits a token has.</param>
    protected TokenLogitsHead(EncoderOptions options, LinearLayers layers, string name, int outputs)
        : base(nameof(TokenLogitsHead))
    {
        nn.Module<Tensor, Tensor> layer = layers.For(KanPlacement.Head, new LinearShape(options.Width, outputs));
        Dropout dropout = nn.Dropout(options.HeadDropout);
        register_module(name, layer);
        register_module("dropout", dropout);
        Logits = new LossHead(layer) { Before = dropout.forward };
    }

    /// <summary>Makes the logits.</summary>
    protected LossHead Logits { get; }

    /// <param name="hidden">(B, T, width).</param>
    /// <returns>(B, T, outputs).</returns>
    public override Tensor forward(Tensor hidden) => Logits.Logits(hidden);

    /// <inheritdoc/>
    public abstract Tensor Loss(Tensor hidden, TokenBatch batch, double share);
}
