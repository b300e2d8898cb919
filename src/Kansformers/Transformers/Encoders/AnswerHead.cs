using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Kansformers.Transformers;

/// <summary>Two logits of each token: how likely an answer begins there, and ends there.</summary>
/// <param name="options">The model.</param>
/// <param name="layers">Makes linear layers.</param>
internal sealed class AnswerHead(EncoderOptions options, LinearLayers layers) : TokenLogitsHead(options, layers, "outputs", AnswerHead.Outputs)
{
    /// <summary>The logits of a token: of the first and of the last of an answer.</summary>
    public const int Outputs = 2;

    private const long Ignored = -1;

    /// <summary>
    /// share · the mean of the cross-entropies of first and last token in nats, each among all tokens of its sequence (Devlin et al., 2019, section 4.2); padding is
    /// none of them. 0 where no target counts.
    /// </summary>
    /// <param name="hidden">(B, T, width).</param>
    /// <param name="batch">Its targets, (B, 2): places of tokens, int64, of which -1 do not count; and its mask.</param>
    /// <param name="share">The factor of the loss.</param>
    /// <exception cref="ArgumentException">The targets are not two for each sequence, or no places of it.</exception>
    public override Tensor Loss(Tensor hidden, TokenBatch batch, double share)
    {
        using var scope = NewDisposeScope();
        (Tensor targets, long time) = (batch.Targets, hidden.shape[1]);
        if (targets.dim() != 2 || targets.shape[0] != hidden.shape[0] || targets.shape[1] != Outputs)
            throw new ArgumentException($"targets of shape ({string.Join(", ", targets.shape)}) are not a first and a last place for each of {hidden.shape[0]} sequences", nameof(batch));
        if (targets.dtype != ScalarType.Int64)
            throw new ArgumentException($"the targets are {targets.dtype}; they must be Int64, places of tokens", nameof(batch));
        long[] places = targets.cpu().contiguous().data<long>().ToArray();
        if (places.Where(place => place != Ignored && (ulong)place >= (ulong)time).Take(1).ToArray() is [long wrong])
            throw new ArgumentException($"target {wrong} is outside the sequence of {time}", nameof(batch));
        if (places.All(place => place == Ignored))
            return (hidden.sum() * 0).MoveToOuterDisposeScope();
        Tensor logits = forward(hidden).transpose(1, 2); // (B, 2, T)
        if (batch.Mask is not null)
            logits = logits.masked_fill(batch.Mask.eq(0).unsqueeze(1), PaddingMask.Least(logits.dtype));
        return (F.cross_entropy(logits.reshape(-1, time), targets.reshape(-1), ignore_index: Ignored) * share).MoveToOuterDisposeScope();
    }
}
