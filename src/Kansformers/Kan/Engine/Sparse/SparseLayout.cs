namespace Kansformers.Kan;

/// <summary>
/// How the sparse path lays out what has a value per output: blocks of whole vectors of outputs, each block contiguous, so that the part of a weight that one
/// loop works on fits into the first-level cache and its rows do not fall on each other's cache sets. The last outputs are filled up with zeros.
/// </summary>
internal readonly struct SparseLayout
{
    // The first-level cache, less room for what streams through it.
    private const int SlabBytes = 28 << 10;

    /// <param name="outputs">The layer's outputs.</param>
    /// <param name="lanes">The lanes of a vector.</param>
    /// <param name="widest">The most vectors of a block: 2, 4 or 8.</param>
    public SparseLayout(int outputs, int lanes, int widest)
    {
        (Outputs, Lanes, Widest) = (outputs, lanes, widest);
        Padded = (outputs + 2 * lanes - 1) / (2 * lanes) * (2 * lanes);
    }

    /// <summary>The layer's outputs.</summary>
    public int Outputs { get; }

    /// <summary>The outputs, filled up to pairs of vectors.</summary>
    public int Padded { get; }

    /// <summary>The lanes of a vector.</summary>
    public int Lanes { get; }

    /// <summary>The most vectors of a block.</summary>
    public int Widest { get; }

    /// <summary>The layout of the weight: blocks as wide as an input's coefficients stay in the first-level cache.</summary>
    public static SparseLayout OfWeight(int outputs, int lanes, int bases)
    {
        int widest = 8;
        while (widest > 2 && widest * lanes * bases * sizeof(float) > SlabBytes)
            widest /= 2;
        return new SparseLayout(outputs, lanes, widest);
    }

    /// <summary>The layout of the weight's gradient: as many outputs as the registers hold for order + 1 coefficients.</summary>
    public static SparseLayout OfGradient(int outputs, int lanes) => new(outputs, lanes, 2);

    /// <summary>The width of the block that begins at an output: 2, 4 or 8 vectors.</summary>
    public int Width(int first)
    {
        int vectors = Widest;
        while (first + vectors * Lanes > Padded)
            vectors /= 2;
        return vectors * Lanes;
    }
}

/// <summary>A number of vectors that the compiler knows.</summary>
internal interface IVectorCount
{
    /// <summary>The number.</summary>
    static abstract int Value { get; }
}

/// <summary>2 vectors.</summary>
internal readonly struct TwoVectors : IVectorCount
{
    public static int Value => 2;
}

/// <summary>4 vectors.</summary>
internal readonly struct FourVectors : IVectorCount
{
    public static int Value => 4;
}

/// <summary>8 vectors.</summary>
internal readonly struct EightVectors : IVectorCount
{
    public static int Value => 8;
}
