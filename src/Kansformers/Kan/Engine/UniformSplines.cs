using System.Numerics;
using System.Runtime.CompilerServices;

namespace Kansformers.Kan;

/// <summary>
/// Splines of order 2 to 5 on one uniform grid that all inputs share. Every basis is evaluated at every input: a dozen instructions per vector,
/// no branches, no index search, and a smooth function at the knots, so that it does not matter on which side of a knot rounding puts an input.
/// (Order 1 has slopes that jump at the knots; <see cref="KnotSplines{TOrder}"/> compares with the knots themselves.)
/// </summary>
/// <param name="inputs">The length of a row, at least the width of a vector.</param>
/// <param name="centres">The centre of each basis.</param>
/// <param name="shape">The shape of every basis.</param>
internal sealed unsafe class UniformSplines<TPiece>(int inputs, float[] centres, PieceShape shape) : ISplineKernel
    where TPiece : struct, IUniformPiece
{
    private readonly PieceShape _shape = shape;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Expand(float* x, int rows, float* to, nint stride)
    {
        PieceShape shape = _shape;
        int width = inputs, bases = centres.Length, lanes = Vector<float>.Count;
        fixed (float* centre = centres)
        {
            for (int row = 0; row < rows; row++, x += width, to += stride)
            {
                int i = 0;

                // Two vectors at a time share the centres and keep the processor's pipes full.
                for (; i + 2 * lanes <= width; i += 2 * lanes)
                {
                    Vector<float> low = Vector.Load(x + i), high = Vector.Load(x + i + lanes);
                    float* basis = to + i;
                    for (int c = 0; c < bases; c++, basis += width)
                    {
                        Vector<float> middle = Vector.Create(centre[c]);
                        Vector.Store(TPiece.Value(Vector.Abs(low - middle), in shape), basis);
                        Vector.Store(TPiece.Value(Vector.Abs(high - middle), in shape), basis + lanes);
                    }
                }

                for (i = i < width ? Math.Min(i, width - lanes) : i; i < width; i = Lanes.Next(i, lanes, width))
                {
                    Vector<float> at = Vector.Load(x + i);
                    float* basis = to + i;
                    for (int c = 0; c < bases; c++, basis += width)
                        Vector.Store(TPiece.Value(Vector.Abs(at - Vector.Create(centre[c])), in shape), basis);
                }
            }
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Contract(float* x, int rows, float* gradient, nint stride, float* dx)
    {
        PieceShape shape = _shape;
        int width = inputs, bases = centres.Length, lanes = Vector<float>.Count;
        Vector<float> signBit = Vector.Create(-0f);
        fixed (float* centre = centres)
        {
            for (int row = 0; row < rows; row++, x += width, dx += width, gradient += stride)
            {
                int i = 0;
                for (; i + 2 * lanes <= width; i += 2 * lanes)
                {
                    Vector<float> low = Vector.Load(x + i), high = Vector.Load(x + i + lanes), sumLow = Vector<float>.Zero, sumHigh = sumLow;
                    float* g = gradient + i;
                    for (int c = 0; c < bases; c++, g += width)
                    {
                        Vector<float> middle = Vector.Create(centre[c]);
                        Vector<float> offLow = low - middle, offHigh = high - middle;
                        sumLow = Vector.FusedMultiplyAdd(Vector.Load(g) ^ (offLow & signBit), TPiece.Slope(Vector.Abs(offLow), in shape), sumLow);
                        sumHigh = Vector.FusedMultiplyAdd(Vector.Load(g + lanes) ^ (offHigh & signBit), TPiece.Slope(Vector.Abs(offHigh), in shape), sumHigh);
                    }

                    Vector.Store(sumLow, dx + i);
                    Vector.Store(sumHigh, dx + i + lanes);
                }

                for (i = i < width ? Math.Min(i, width - lanes) : i; i < width; i = Lanes.Next(i, lanes, width))
                {
                    Vector<float> at = Vector.Load(x + i), sum = Vector<float>.Zero;
                    float* g = gradient + i;
                    for (int c = 0; c < bases; c++, g += width)
                    {
                        Vector<float> off = at - Vector.Create(centre[c]);
                        sum = Vector.FusedMultiplyAdd(Vector.Load(g) ^ (off & signBit), TPiece.Slope(Vector.Abs(off), in shape), sum);
                    }

                    Vector.Store(sum, dx + i);
                }
            }
        }
    }
}
