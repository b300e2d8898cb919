using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>
/// Splines of order 2 to 5 on one uniform grid that all inputs share. Every basis is evaluated at every input: a dozen instructions per vector,
/// no branches, no index search, and a smooth function at the knots, so that it does not matter on which side of a knot rounding puts an input.
/// (Order 1 has slopes that jump at the knots; <see cref="KnotSplines{TOrder, TSimd, TKnots}"/> compares with the knots themselves.)
/// </summary>
/// <param name="inputs">The length of a row, at least the width of a vector: the inputs, or, with the grid shared, a panel of tokens.</param>
/// <param name="centres">The centre of each basis.</param>
/// <param name="shape">The shape of every basis.</param>
internal sealed unsafe class UniformSplines<TPiece, TSimd>(int inputs, float[] centres, PieceShape<TSimd> shape) : IRowKernel, IBasisKernel
    where TPiece : struct, IUniformPiece
    where TSimd : struct, ISimd<TSimd>
{
    private readonly PieceShape<TSimd> _shape = shape;

    /// <inheritdoc/>
    public void Expand(int first, float* x, int rows, float* to, nint stride) => Expand(x, rows, to, stride);

    /// <inheritdoc/>
    public void Contract(int first, float* x, int rows, float* gradient, nint stride, float* dx, float* sums) => Contract(x, rows, gradient, stride, dx);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Expand(float* x, int rows, float* to, nint stride)
    {
        PieceShape<TSimd> shape = _shape;
        int width = inputs, bases = centres.Length, lanes = TSimd.Count;
        fixed (float* centre = centres)
        {
            for (int row = 0; row < rows; row++, x += width, to += stride)
            {
                int i = 0;

                // Two vectors at a time share the centres and keep the processor's pipes full.
                for (; i + 2 * lanes <= width; i += 2 * lanes)
                {
                    TSimd low = TSimd.Load(x + i), high = TSimd.Load(x + i + lanes);
                    float* basis = to + i;
                    for (int c = 0; c < bases; c++, basis += width)
                    {
                        TSimd middle = TSimd.Create(centre[c]);
                        TSimd.Store(TPiece.Value(TSimd.Abs(low - middle), in shape), basis);
                        TSimd.Store(TPiece.Value(TSimd.Abs(high - middle), in shape), basis + lanes);
                    }
                }

                for (i = i < width ? Math.Min(i, width - lanes) : i; i < width; i = Lanes.Next(i, lanes, width))
                {
                    TSimd at = TSimd.Load(x + i);
                    float* basis = to + i;
                    for (int c = 0; c < bases; c++, basis += width)
                        TSimd.Store(TPiece.Value(TSimd.Abs(at - TSimd.Create(centre[c])), in shape), basis);
                }
            }
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Contract(float* x, int rows, float* gradient, nint stride, float* dx)
    {
        PieceShape<TSimd> shape = _shape;
        int width = inputs, bases = centres.Length, lanes = TSimd.Count;
        TSimd signBit = TSimd.Create(-0f);
        fixed (float* centre = centres)
        {
            for (int row = 0; row < rows; row++, x += width, dx += width, gradient += stride)
            {
                int i = 0;
                for (; i + 2 * lanes <= width; i += 2 * lanes)
                {
                    TSimd low = TSimd.Load(x + i), high = TSimd.Load(x + i + lanes), sumLow = TSimd.Zero, sumHigh = sumLow;
                    float* g = gradient + i;
                    for (int c = 0; c < bases; c++, g += width)
                    {
                        TSimd middle = TSimd.Create(centre[c]);
                        TSimd offLow = low - middle, offHigh = high - middle;
                        sumLow = TSimd.FusedMultiplyAdd(TSimd.Load(g) ^ (offLow & signBit), TPiece.Slope(TSimd.Abs(offLow), in shape), sumLow);
                        sumHigh = TSimd.FusedMultiplyAdd(TSimd.Load(g + lanes) ^ (offHigh & signBit), TPiece.Slope(TSimd.Abs(offHigh), in shape), sumHigh);
                    }

                    TSimd.Store(sumLow, dx + i);
                    TSimd.Store(sumHigh, dx + i + lanes);
                }

                for (i = i < width ? Math.Min(i, width - lanes) : i; i < width; i = Lanes.Next(i, lanes, width))
                {
                    TSimd at = TSimd.Load(x + i), sum = TSimd.Zero;
                    float* g = gradient + i;
                    for (int c = 0; c < bases; c++, g += width)
                    {
                        TSimd off = at - TSimd.Create(centre[c]);
                        sum = TSimd.FusedMultiplyAdd(TSimd.Load(g) ^ (off & signBit), TPiece.Slope(TSimd.Abs(off), in shape), sum);
                    }

                    TSimd.Store(sum, dx + i);
                }
            }
        }
    }
}
