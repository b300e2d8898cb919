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

        // Blocks of four by four; the last ones are moved back to end with the matrix.
        for (int r = 0; r < rows; r = Lanes.Next(r, 4, rows))
        {
            for (int c = 0; c < columns; c = Lanes.Next(c, 4, columns))
                Block(from + r * stride + c, stride, to + c * toStride + r, toStride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block(float* from, nint fromStride, float* to, nint toStride)
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
