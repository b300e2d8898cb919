using System.Runtime.CompilerServices;
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
                    Tile(height, new Rows(left, width, 1), right, rows, new Target(target + (nint)row * width, width, from > 0));
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
    public static void Columns(float* a, int rows, float* panel, int depth, Target to)
    {
        for (int from = 0; from < depth; from += Depth)
        {
            int count = Math.Min(Depth, depth - from);
            for (int row = 0, height; row < rows; row += height)
            {
                height = Height(rows - row);
                Rows left = new(a + (nint)row * depth + from, 1, depth);
                Tile(height, left, panel + (nint)from * Width, count, new Target(to.First + row * to.Stride, to.Stride, to.Adds || from > 0));
            }
        }
    }

    // The heights of tiles that make up so many rows, a multiple of 4.
    private static int Height(int rows) => rows >= 6 && rows != 8 ? 6 : 4;

    // (height, count) · (count, width).
    private static void Tile(int height, in Rows left, float* b, int count, in Target to)
    {
        if (height == 6)
            Tile6(left, b, count, to);
        else
            Tile4(left, b, count, to);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile6(in Rows left, float* b, int count, in Target to)
    {
        float* a = left.First;
        nint next = left.Column, second = left.Row, third = 2 * second, fourth = 3 * second, fifth = 4 * second, sixth = 5 * second, width = 2 * T.Count;
        T s00 = T.Zero, s01 = T.Zero, s10 = T.Zero, s11 = T.Zero;
        T s20 = T.Zero, s21 = T.Zero, s30 = T.Zero, s31 = T.Zero;
        T s40 = T.Zero, s41 = T.Zero, s50 = T.Zero, s51 = T.Zero;
        for (float* end = b + count * width; b < end; b += width, a += next)
        {
            T b0 = T.Load(b), b1 = T.Load(b + T.Count), factor = T.Create(*a);
            (s00, s01) = (T.FusedMultiplyAdd(factor, b0, s00), T.FusedMultiplyAdd(factor, b1, s01));
            factor = T.Create(a[second]);
            (s10, s11) = (T.FusedMultiplyAdd(factor, b0, s10), T.FusedMultiplyAdd(factor, b1, s11));
            factor = T.Create(a[third]);
            (s20, s21) = (T.FusedMultiplyAdd(factor, b0, s20), T.FusedMultiplyAdd(factor, b1, s21));
            factor = T.Create(a[fourth]);
            (s30, s31) = (T.FusedMultiplyAdd(factor, b0, s30), T.FusedMultiplyAdd(factor, b1, s31));
            factor = T.Create(a[fifth]);
            (s40, s41) = (T.FusedMultiplyAdd(factor, b0, s40), T.FusedMultiplyAdd(factor, b1, s41));
            factor = T.Create(a[sixth]);
            (s50, s51) = (T.FusedMultiplyAdd(factor, b0, s50), T.FusedMultiplyAdd(factor, b1, s51));
        }

        to.Put(0, s00, s01);
        to.Put(1, s10, s11);
        to.Put(2, s20, s21);
        to.Put(3, s30, s31);
        to.Put(4, s40, s41);
        to.Put(5, s50, s51);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4(in Rows left, float* b, int count, in Target to)
    {
        float* a = left.First;
        nint next = left.Column, second = left.Row, third = 2 * second, fourth = 3 * second, width = 2 * T.Count;
        T s00 = T.Zero, s01 = T.Zero, s10 = T.Zero, s11 = T.Zero;
        T s20 = T.Zero, s21 = T.Zero, s30 = T.Zero, s31 = T.Zero;
        for (float* end = b + count * width; b < end; b += width, a += next)
        {
            T b0 = T.Load(b), b1 = T.Load(b + T.Count), factor = T.Create(*a);
            (s00, s01) = (T.FusedMultiplyAdd(factor, b0, s00), T.FusedMultiplyAdd(factor, b1, s01));
            factor = T.Create(a[second]);
            (s10, s11) = (T.FusedMultiplyAdd(factor, b0, s10), T.FusedMultiplyAdd(factor, b1, s11));
            factor = T.Create(a[third]);
            (s20, s21) = (T.FusedMultiplyAdd(factor, b0, s20), T.FusedMultiplyAdd(factor, b1, s21));
            factor = T.Create(a[fourth]);
            (s30, s31) = (T.FusedMultiplyAdd(factor, b0, s30), T.FusedMultiplyAdd(factor, b1, s31));
        }

        to.Put(0, s00, s01);
        to.Put(1, s10, s11);
        to.Put(2, s20, s21);
        to.Put(3, s30, s31);
    }

    /// <summary>Where a tile goes.</summary>
    /// <param name="first">Its first value.</param>
    /// <param name="stride">From a row to the next.</param>
    /// <param name="adds">Whether it is added to what stands there.</param>
    public readonly struct Target(float* first, nint stride, bool adds)
    {
        public readonly float* First = first;
        public readonly nint Stride = stride;
        public readonly bool Adds = adds;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Put(int row, T low, T high)
        {
            float* at = First + row * Stride;
            T.Store(Adds ? T.Load(at) + low : low, at);
            T.Store(Adds ? T.Load(at + T.Count) + high : high, at + T.Count);
        }
    }

    /// <summary>The rows of a tile's left factor: from a column to the next, and from a row to the next.</summary>
    private readonly struct Rows(float* first, nint column, nint row)
    {
        public readonly float* First = first;
        public readonly nint Column = column, Row = row;
    }
}
