using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>What a model's loss is taken of. It owns nothing: the tensors are the caller's.</summary>
/// <param name="Tokens">Token ids, int64, (B, T).</param>
/// <param name="Targets">
/// What is wanted of the model: where it predicts tokens a token for each of its own, int64, (B, T); where it labels sequences the label of each, int64, (B), or
/// for a single label, which is a number, that number, (B); where it answers questions the places of each answer's first and last token, int64, (B, 2). An encoder-decoder is wanted to write them: the tokens of another text, int64, (B, L). -1 where nothing is
/// wanted, numbers aside.
/// </param>
public sealed record TokenBatch(Tensor Tokens, Tensor Targets)
{
    /// <summary>Which tokens there are, (B, T) of any type: zero where a sequence is padded. Null where none is; causal models have none.</summary>
    public Tensor? Mask { get; init; }

    /// <summary>The type of each token, such as the first or the second of two texts, int64, (B, T). Null where all are of the first type.</summary>
    public Tensor? Types { get; init; }

    /// <summary>Of an encoder-decoder what the decoder reads, int64, (B, L). Null for the targets moved one place to the right, behind the token that starts a text.</summary>
    public Tensor? DecoderTokens { get; init; }
}
