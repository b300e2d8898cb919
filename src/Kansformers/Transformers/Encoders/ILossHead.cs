using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>The head of an encoder that has a loss.</summary>
internal interface ILossHead
{
    /// <summary>share · the mean loss of the targets that count; 0 where none does.</summary>
    /// <param name="hidden">(B, T, width).</param>
    /// <param name="batch">What is wanted of the tokens, (B, T), or of the sequences, (B) or (B, 2), and which tokens are padding.</param>
    /// <param name="share">The factor of the loss.</param>
    /// <exception cref="ArgumentException">The targets are of another shape, or none of the head's.</exception>
    Tensor Loss(Tensor hidden, TokenBatch batch, double share);
}
