namespace Kansformers.Kan;

/// <summary>A layer whose spline weight is packed, as the kernels need it.</summary>
/// <param name="Live">The live bases.</param>
/// <param name="Layout">The blocks of outputs.</param>
/// <param name="Weight">The packed weight, or its gradient.</param>
/// <param name="Inputs">The layer's inputs.</param>
/// <param name="Bases">The bases of an input.</param>
/// <param name="Order">The spline order.</param>
internal sealed unsafe record SparseProduct(LiveSplines Live, SparseLayout Layout, nint Weight, int Inputs, int Bases, int Order)
{
    /// <summary>The inputs whose live bases are found at a time.</summary>
    public const int Group = 32;

    /// <summary>The most tokens of a tile.</summary>
    public const int MostTokens = 512;

    /// <summary>The part of the first-level cache that the weights of a round of inputs may take.</summary>
    public const int RoundBytes = 16 << 10;
}
