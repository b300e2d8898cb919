using Kansformers.Runtime;

namespace Kansformers.Transformers;

/// <summary>A matrix in memory.</summary>
/// <param name="Start">Its first value.</param>
/// <param name="Stride">From a row to the next.</param>
internal readonly unsafe record struct Matrix(nint Start, nint Stride)
{
    public Matrix(float* start, nint stride)
        : this((nint)start, stride)
    {
    }

    /// <summary>The address of a value.</summary>
    public float* At(nint row, nint column) => (float*)Start + row * Stride + column;

    /// <summary>The matrix from a value on.</summary>
    public Matrix From(nint row, nint column) => new(At(row, column), Stride);
}

/// <summary>
/// Products of matrices that are in cache: to[r, :] (+)= Σ_s left(r, s) · right[s, :], four rows at a time.
/// </summary>
internal static unsafe class TileProduct
{
    /// <summary>The rows that are computed together.</summary>
    public const int Rows = 4;

    /// <summary>Four rows of the product, left(r, s) = left[r, s].</summary>
    /// <param name="left">(4, depth).</param>
    /// <param name="right">(depth, columns).</param>
    /// <param name="depth">The length of the sums.</param>
    /// <param name="to">(4, columns).</param>
    /// <param name="columns">A multiple of two vectors.</param>
    public static void Plain<TSimd>(Matrix left, Matrix right, int depth, Matrix to, int columns)
        where TSimd : struct, ISimd<TSimd>
    {
        for (int column = 0; column < columns; column += 2 * TSimd.Count)
            SimdTile<TSimd>.Four(new(left.At(0, 0), 1, left.Stride), new(right.At(0, column), right.Stride), depth, new(to.At(0, column), to.Stride, adds: false));
    }

    /// <summary>Four rows of the product with a transposed left factor, left(r, s) = left[s, r], added to what stands there.</summary>
    /// <param name="left">(depth, 4).</param>
    /// <param name="right">(depth, columns).</param>
    /// <param name="depth">The length of the sums.</param>
    /// <param name="to">(4, columns).</param>
    /// <param name="columns">A multiple of two vectors.</param>
    public static void AddTransposed<TSimd>(Matrix left, Matrix right, int depth, Matrix to, int columns)
        where TSimd : struct, ISimd<TSimd>
    {
        for (int column = 0; column < columns; column += 2 * TSimd.Count)
            SimdTile<TSimd>.Four(new(left.At(0, 0), left.Stride, 1), new(right.At(0, column), right.Stride), depth, new(to.At(0, column), to.Stride, adds: true));
    }
}
