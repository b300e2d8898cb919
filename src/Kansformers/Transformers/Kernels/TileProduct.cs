using System.Runtime.CompilerServices;
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
/// Products of matrices that are in cache: to[r, :] (+)= Σ_s left(r, s) · right[s, :], four rows of two vectors at a time. Eight sums in registers
/// hide the latency of the multiplications.
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
            Panel<TSimd, Along>(left, right.From(0, column), depth, to.From(0, column));
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
            Panel<TSimd, Across>(left, right.From(0, column), depth, to.From(0, column));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Panel<TSimd, TOrder>(Matrix left, Matrix right, int depth, Matrix to)
        where TSimd : struct, ISimd<TSimd>
        where TOrder : struct, IOrder
    {
        nint row = TOrder.Row(left.Stride), step = TOrder.Step(left.Stride), stride = right.Stride;
        float* factor = left.At(0, 0), vector = right.At(0, 0);
        TSimd a0 = TSimd.Zero, b0 = a0, a1 = a0, b1 = a0, a2 = a0, b2 = a0, a3 = a0, b3 = a0;
        for (int s = 0; s < depth; s++, factor += step, vector += stride)
        {
            TSimd x = TSimd.Load(vector), y = TSimd.Load(vector + TSimd.Count), f = TSimd.Create(factor[0]);
            a0 = TSimd.FusedMultiplyAdd(f, x, a0);
            b0 = TSimd.FusedMultiplyAdd(f, y, b0);
            f = TSimd.Create(factor[row]);
            a1 = TSimd.FusedMultiplyAdd(f, x, a1);
            b1 = TSimd.FusedMultiplyAdd(f, y, b1);
            f = TSimd.Create(factor[2 * row]);
            a2 = TSimd.FusedMultiplyAdd(f, x, a2);
            b2 = TSimd.FusedMultiplyAdd(f, y, b2);
            f = TSimd.Create(factor[3 * row]);
            a3 = TSimd.FusedMultiplyAdd(f, x, a3);
            b3 = TSimd.FusedMultiplyAdd(f, y, b3);
        }

        Put<TSimd, TOrder>(a0, b0, to.At(0, 0));
        Put<TSimd, TOrder>(a1, b1, to.At(1, 0));
        Put<TSimd, TOrder>(a2, b2, to.At(2, 0));
        Put<TSimd, TOrder>(a3, b3, to.At(3, 0));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put<TSimd, TOrder>(TSimd low, TSimd high, float* to)
        where TSimd : struct, ISimd<TSimd>
        where TOrder : struct, IOrder
    {
        TSimd.Store(TOrder.Adds ? TSimd.Load(to) + low : low, to);
        TSimd.Store(TOrder.Adds ? TSimd.Load(to + TSimd.Count) + high : high, to + TSimd.Count);
    }

    // Where the left factors lie, known to the compiler.
    private interface IOrder
    {
        static abstract bool Adds { get; }

        static abstract nint Row(nint stride);

        static abstract nint Step(nint stride);
    }

    private readonly struct Along : IOrder
    {
        public static bool Adds => false;

        public static nint Row(nint stride) => stride;

        public static nint Step(nint stride) => 1;
    }

    private readonly struct Across : IOrder
    {
        public static bool Adds => true;

        public static nint Row(nint stride) => 1;

        public static nint Step(nint stride) => stride;
    }
}
