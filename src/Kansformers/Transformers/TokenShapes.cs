using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>What shapes the tensors of a batch must have.</summary>
internal static class TokenShapes
{
    /// <summary>Refuses token ids that are not (B, T) with at least one token a sequence, and at most a block with those before them.</summary>
    /// <param name="idx">The ids.</param>
    /// <param name="blockSize">The block size.</param>
    /// <param name="past">The tokens of a cache before them.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <exception cref="ArgumentException">They are otherwise.</exception>
    public static void Require(Tensor idx, int blockSize, int past = 0, [CallerArgumentExpression(nameof(idx))] string name = "")
    {
        ArgumentNullException.ThrowIfNull(idx, name);
        if (idx.dim() != 2 || idx.shape[1] < 1 || past + idx.shape[1] > blockSize)
            throw new ArgumentException($"token ids of shape ({string.Join(", ", idx.shape)}){(past > 0 ? $" after {past} in the cache" : "")} do not fit the block size {blockSize}", name);
    }

    /// <summary>Refuses what goes with token ids but has another shape.</summary>
    /// <param name="idx">The ids.</param>
    /// <param name="tensor">What goes with them; null for nothing.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static void RequireLike(Tensor idx, Tensor? tensor, [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        if (tensor is not null && !tensor.shape.SequenceEqual(idx.shape))
            throw new ArgumentException($"{name} has the shape ({string.Join(", ", tensor.shape)}), the token ids ({string.Join(", ", idx.shape)})", name);
    }
}
