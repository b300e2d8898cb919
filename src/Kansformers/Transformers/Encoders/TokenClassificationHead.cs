using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>Logits of labels from the hidden state of each token: one layer.</summary>
internal sealed class TokenClassificationHead : nn.Module<Tensor, Tensor>, ILossHead
{
    [ComponentName(Name = "labels")]
    private readonly nn.Module<Tensor, Tensor> _labels;

    private readonly Dropout _dropout;

    /// <param name="options">The model.</param>
    /// <param name="layers">Makes linear layers.</param>
    public TokenClassificationHead(EncoderOptions options, LinearLayers layers)
        : base(nameof(TokenClassificationHead))
    {
        _labels = layers.For(KanPlacement.Head, new LinearShape(options.Width, options.Labels));
        _dropout = nn.Dropout(options.HeadDropout);
        RegisterComponents();
    }

    /// <param name="hidden">(B, T, width).</param>
    /// <returns>(B, T, labels).</returns>
    public override Tensor forward(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        return _labels.forward(_dropout.forward(hidden)).MoveToOuterDisposeScope();
    }

    /// <summary>share · the mean cross-entropy of the labels in nats, of the tokens that have one; 0 where none has.</summary>
    /// <param name="hidden">(B, T, width).</param>
    /// <param name="batch">Its targets, (B, T): labels, int64, of which -1 do not count.</param>
    /// <param name="share">The factor of the loss.</param>
    /// <exception cref="ArgumentException">The targets are not one for each token, or no labels.</exception>
    public Tensor Loss(Tensor hidden, TokenBatch batch, double share) => HeadLoss.Compute(new LossHead(_labels) { Before = _dropout.forward, Noun = "labels" }, hidden, batch.Targets, share);
}
