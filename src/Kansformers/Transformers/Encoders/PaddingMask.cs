using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>Keeps attention off the padding of a batch.</summary>
internal static class PaddingMask
{
    // Nothing is left of a weight exp(-1e30), and a sequence of padding alone, whose products all become this, attends to all of it alike instead of giving NaN.
    private const double Hidden = -1e30, HiddenHalf = -6e4;

    /// <summary>What is added to a product that shall not count.</summary>
    /// <param name="type">The type of the products.</param>
    public static double Least(ScalarType type) => type == ScalarType.Float16 ? HiddenHalf : Hidden;

    /// <summary>What is added to the products of queries and keys: 0 for tokens, a number far below all products for padding.</summary>
    /// <param name="mask">(B, T): zero for padding.</param>
    /// <param name="type">The type of the products.</param>
    /// <returns>(B, 1, 1, T).</returns>
    public static Tensor Of(Tensor mask, ScalarType type)
    {
        using var scope = NewDisposeScope();
        Tensor sums = zeros(mask.shape, dtype: type, device: mask.device);
        return sums.masked_fill_(mask.eq(0), Least(type)).unsqueeze(1).unsqueeze(1).MoveToOuterDisposeScope();
    }
}
