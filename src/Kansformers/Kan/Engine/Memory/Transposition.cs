using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Kansformers.Kan;

/// <summary>Transposes small matrices: between the parameters' layout (all bases of an input together) and the expansion's (all inputs of a basis together).</summary>
internal static unsafe class Transposition
{
    /// <summary>to[c, r] = from[r, c].</summary>
    /// <param name="from">(rows, columns).</param>
    /// <param name="rows">The rows of <paramref name="from"/>.</param>
    /// <param name="columns">The columns of <paramref name="from"/>.</param>
    /// <param name="to">(columns, rows).</param>
    public static void Run(float* from, int rows, int columns, float* to) => Run(from, columns, rows, columns, to);

    /// <summary>to[c, r] = from[r, c].</summary>
    /// <param name="from">(rows, columns), part of a wider matrix.</param>
    /// <param name="stride">From a row of <paramref name="from"/> to the next.</param>
    /// <param name="rows">The rows of <paramref name="from"/>.</param>
    /// <param name="columns">The columns of <paramref name="from"/>.</param>
    /// <param name="to">(columns, rows).</param>
    public static void Run(float* from, nint stride, int rows, int columns, float* to) => Run(from, stride, rows, columns, to, rows);

    /// <summary>to[c, r] = from[r, c].</summary>
    /// <param name="from">(rows, columns), part of a wider matrix.</param>
    /// <param name="stride">From a row of <paramref name="from"/> to the next.</param>
    /// <param name="rows">The rows of <paramref name="from"/>.</param>
    /// <param name="columns">The columns of <paramref name="from"/>.</param>
    /// <param name="to">(columns, rows), part of a wider matrix.</param>
    /// <param name="toStride">From a row of <paramref name="to"/> to the next.</param>
    public static void Run(float* from, nint stride, int rows, int columns, float* to, nint toStride)
    {
        if (rows < 4 || columns < 4 || !(Sse.IsSupported || AdvSimd.Arm64.IsSupported))
        {
            for (int r = 0; r < rows; r++)
            {
                for (int c = 0; c < columns; c++)
                    to[c * toStride + r] = from[r * stride + c];
            }

            return;
        }

        // Square blocks, as large as they fit: whole cache lines on both sides where they can be. The last ones are moved back to end with the matrix.
        if (Avx512F.IsSupported && rows >= 16 && columns >= 16)
            Blocks<Block16>(from, stride, rows, columns, to, toStride);
        else if (Avx.IsSupported && rows >= 8 && columns >= 8)
            Blocks<Block8>(from, stride, rows, columns, to, toStride);
        else
            Blocks<Block4>(from, stride, rows, columns, to, toStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Blocks<TBlock>(float* from, nint stride, int rows, int columns, float* to, nint toStride)
        where TBlock : struct, IBlock
    {
        for (int r = 0; r < rows; r = Lanes.Next(r, TBlock.Size, rows))
        {
            for (int c = 0; c < columns; c = Lanes.Next(c, TBlock.Size, columns))
                TBlock.Run(from + r * stride + c, stride, to + c * toStride + r, toStride);
        }
    }

    private interface IBlock
    {
        static abstract int Size { get; }

        static abstract void Run(float* from, nint fromStride, float* to, nint toStride);
    }

    private readonly struct Block4 : IBlock
    {
        public static int Size => 4;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Run(float* from, nint fromStride, float* to, nint toStride)
        {
            Vector128<float> a = Vector128.Load(from), b = Vector128.Load(from + fromStride);
            Vector128<float> c = Vector128.Load(from + 2 * fromStride), d = Vector128.Load(from + 3 * fromStride);
            Vector128<float> acLow = ZipLow(a, c), acHigh = ZipHigh(a, c), bdLow = ZipLow(b, d), bdHigh = ZipHigh(b, d);
            Vector128.Store(ZipLow(acLow, bdLow), to);
            Vector128.Store(ZipHigh(acLow, bdLow), to + toStride);
            Vector128.Store(ZipLow(acHigh, bdHigh), to + 2 * toStride);
            Vector128.Store(ZipHigh(acHigh, bdHigh), to + 3 * toStride);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<float> ZipLow(Vector128<float> a, Vector128<float> b) =>
            Sse.IsSupported ? Sse.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<float> ZipHigh(Vector128<float> a, Vector128<float> b) =>
            Sse.IsSupported ? Sse.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);
    }

    // Rows r and r + 4 side by side from the start, so that nothing has to cross the halves of a vector.
    private readonly struct Block8 : IBlock
    {
        public static int Size => 8;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Run(float* from, nint fromStride, float* to, nint toStride)
        {
            Half(from, fromStride, to, toStride);
            Half(from + 4, fromStride, to + 4 * toStride, toStride);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Half(float* from, nint fromStride, float* to, nint toStride)
        {
            Vector256<float> a = Pair(from, fromStride), b = Pair(from + fromStride, fromStride), c = Pair(from + 2 * fromStride, fromStride), d = Pair(from + 3 * fromStride, fromStride);
            Vector256<float> acLow = Avx.UnpackLow(a, c), acHigh = Avx.UnpackHigh(a, c), bdLow = Avx.UnpackLow(b, d), bdHigh = Avx.UnpackHigh(b, d);
            Avx.Store(to, Avx.UnpackLow(acLow, bdLow));
            Avx.Store(to + toStride, Avx.UnpackHigh(acLow, bdLow));
            Avx.Store(to + 2 * toStride, Avx.UnpackLow(acHigh, bdHigh));
            Avx.Store(to + 3 * toStride, Avx.UnpackHigh(acHigh, bdHigh));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<float> Pair(float* row, nint stride) => Vector256.Create(Vector128.Load(row), Vector128.Load(row + 4 * stride));
    }

    // Rows r, r + 4, r + 8 and r + 12 side by side.
    private readonly struct Block16 : IBlock
    {
        public static int Size => 16;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Run(float* from, nint fromStride, float* to, nint toStride)
        {
            for (int quarter = 0; quarter < 4; quarter++, from += 4, to += 4 * toStride)
            {
                Vector512<float> a = Four(from, fromStride), b = Four(from + fromStride, fromStride), c = Four(from + 2 * fromStride, fromStride), d = Four(from + 3 * fromStride, fromStride);
                Vector512<float> acLow = Avx512F.UnpackLow(a, c), acHigh = Avx512F.UnpackHigh(a, c), bdLow = Avx512F.UnpackLow(b, d), bdHigh = Avx512F.UnpackHigh(b, d);
                Vector512.Store(Avx512F.UnpackLow(acLow, bdLow), to);
                Vector512.Store(Avx512F.UnpackHigh(acLow, bdLow), to + toStride);
                Vector512.Store(Avx512F.UnpackLow(acHigh, bdHigh), to + 2 * toStride);
                Vector512.Store(Avx512F.UnpackHigh(acHigh, bdHigh), to + 3 * toStride);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> Four(float* row, nint stride) => Vector512.Create(
            Vector256.Create(Vector128.Load(row), Vector128.Load(row + 4 * stride)), Vector256.Create(Vector128.Load(row + 8 * stride), Vector128.Load(row + 12 * stride)));
    }
}
