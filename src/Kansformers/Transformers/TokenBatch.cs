using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>What a model's loss is taken of. It owns nothing: the tensors are the caller's.</summary>
/// <param name="Tokens">Token ids, int64, (B, T).</param>
/// <param name="Targets">
/// What is wanted of the model, int64: a token for each of its tokens, (B, T), where it predicts tokens; -1 where nothing is.
/// </param>
public sealed record TokenBatch(Tensor Tokens, Tensor Targets);
