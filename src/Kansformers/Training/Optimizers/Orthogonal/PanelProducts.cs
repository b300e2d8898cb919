using Kansformers.Kan;
using Kansformers.Runtime;

namespace Kansformers.Training;

/// <summary>
/// Products of matrices that lie in panels: <see cref="Width"/> columns each, of which row follows row, so that a tile of the product reads both factors in
/// order and its panel of one factor stays in the first-level cache. One thread computes each, always in the same order.
/// </summary>
/// <typeparam name="T">The vectors.</typeparam>
internal static unsafe class PanelProducts<T>
    where T : struct, ISimd<T>
{
    /// <summary>Rows come in multiples of this. Tiles are 6 of them high where they can be: with two vectors of columns as many sums as registers hold.</summary>
    public const int TileRows = 4;

    // The rows of two panels that the first-level cache holds.
    private const int Depth = 256;

    /// <summary>The columns of a panel, and of a tile.</summary>
    public static int Width => 2 * T.Count;

    /// <summary>A size rounded up to whole panels.</summary>
    public static int Padded(int size) => (size + Width - 1) / Width * Width;

    /// <summary>to = aᵀ · b, which must be symmetric: its lower half is computed and mirrored.</summary>
    /// <param name="a">(depth, size) in panels.</param>
    /// <param name="b">(depth, size) in panels.</param>
    /// <param name="depth">The rows of the factors.</param>
    /// <param name="size">The columns of both, whole panels.</param>
    /// <param name="to">(size, size) in panels; neither of the factors.</param>
    public static void Symmetric(float* a, float* b, int depth, int size, float* to)
    {
        int width = Width;
        for (int from = 0; from < depth; from += Depth)
        {
            nint offset = (nint)from * width;
            int rows = Math.Min(Depth, depth - from);
            for (int column = 0; column < size; column += width)
            {
                float* right = b + (nint)column * depth + offset, target = to + (nint)column * size;
                for (int row = column, height; row < size; row += height)
                {
                    height = Height(width - row % width);
                    float* left = a + (nint)(row / width * width) * depth + offset + row % width;
                    Tile(height, new TileFactors(left, width, 1), right, rows, new TileTarget(target + (nint)row * width, width, from > 0));
                }
            }
        }

        for (int column = 0; column < size; column += width)
        {
            for (int row = column + width; row < size; row += width)
                Transposition.Run(to + (nint)column * size + (nint)row * width, width, width, width, to + (nint)row * size + (nint)column * width, width);
        }
    }

    /// <summary>Some columns of a product: to = a · panel.</summary>
    /// <param name="a">(rows, depth), row by row.</param>
    /// <param name="rows">The rows, a multiple of <see cref="TileRows"/>.</param>
    /// <param name="panel">(depth, width).</param>
    /// <param name="depth">The columns of <paramref name="a"/>.</param>
    /// <param name="to">(rows, width); what stands there is overwritten or added to.</param>
    public static void Columns(float* a, int rows, float* panel, int depth, TileTarget to)
    {
        for (int from = 0; from < depth; from += Depth)
        {
            int count = Math.Min(Depth, depth - from);
            for (int row = 0, height; row < rows; row += height)
            {
                height = Height(rows - row);
                TileFactors left = new(a + (nint)row * depth + from, 1, depth);
                Tile(height, left, panel + (nint)from * Width, count, new TileTarget(to.First + row * to.Stride, to.Stride, to.Adds || from > 0));
            }
        }
    }

    // The heights of tiles that make up so many rows, a multiple of 4.
    private static int Height(int rows) => rows >= 6 && rows != 8 ? 6 : 4;

    // (height, count) · (count, width).
    private static void Tile(int height, in TileFactors left, float* b, int count, in TileTarget to)
    {
        if (height == 6)
            SimdTile<T>.Six(left, new(b, Width), count, to);
        else
            SimdTile<T>.Four(left, new(b, Width), count, to);
    }
}
