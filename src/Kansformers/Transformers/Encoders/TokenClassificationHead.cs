using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>Logits of labels of each token.</summary>
/// <param name="options">The model.</param>
/// <param name="layers">Makes linear layers.</param>
internal sealed class TokenClassificationHead(EncoderOptions options, LinearLayers layers) : TokenLogitsHead(options, layers, "labels", options.Labels)
{
    /// <summary>share · the mean cross-entropy of the labels in nats, of the tokens that have one; 0 where none has.</summary>
    /// <param name="hidden">(B, T, width).</param>
    /// <param name="batch">Its targets, (B, T): labels, int64, of which -1 do not count.</param>
    /// <param name="share">The factor of the loss.</param>
    /// <exception cref="ArgumentException">The targets are not one for each token, or no labels.</exception>
    public override Tensor Loss(Tensor hidden, TokenBatch batch, double share) => HeadLoss.Compute(Logits with { Noun = "labels" }, hidden, batch.Targets, share);
}
