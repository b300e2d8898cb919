using System.Numerics;

namespace Kansformers.Kan;

/// <summary>
/// Splines of order 2 to 5 on one uniform grid that all inputs share. Every basis is evaluated at every input: a dozen instructions per vector,
/// no branches, no index search, and a smooth function at the knots, so that it does not matter on which side of a knot rounding puts an input.
/// (Order 1 has slopes that jump at the knots; <see cref="KnotSplines"/> compares with the knots themselves.)
/// </summary>
internal sealed unsafe class UniformSplines<TPiece>(int inputs, float[] centres, PieceShape shape) : ISplineKernel
    where TPiece : struct, IUniformPiece
{
    private readonly PieceShape _shape = shape;

    /// <inheritdoc/>
    public void Expand(float* x, int rows, float* to, nint stride)
    {
        PieceShape shape = _shape;
        int lanes = Lanes.PerStep(inputs);
        fixed (float* centre = centres)
        {
            for (int row = 0; row < rows; row++, x += inputs, to += stride)
            {
                for (int i = 0; i < inputs; i = Lanes.Next(i, lanes, inputs))
                {
                    Vector<float> at = Lanes.Load(x + i, lanes);
                    float* basis = to + i;
                    for (int c = 0; c < centres.Length; c++, basis += inputs)
                        Lanes.Store(TPiece.Value(Vector.Abs(at - Vector.Create(centre[c])), in shape), basis, lanes);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Contract(float* x, int rows, float* gradient, nint stride, float* dx)
    {
        PieceShape shape = _shape;
        int lanes = Lanes.PerStep(inputs);
        Vector<float> signBit = Vector.Create(-0f);
        fixed (float* centre = centres)
        {
            for (int row = 0; row < rows; row++, x += inputs, dx += inputs, gradient += stride)
            {
                for (int i = 0; i < inputs; i = Lanes.Next(i, lanes, inputs))
                {
                    Vector<float> at = Lanes.Load(x + i, lanes), sum = Vector<float>.Zero;
                    float* g = gradient + i;
                    for (int c = 0; c < centres.Length; c++, g += inputs)
                    {
                        Vector<float> offset = at - Vector.Create(centre[c]);
                        Vector<float> slope = TPiece.Slope(Vector.Abs(offset), in shape) ^ (offset & signBit);
                        sum = Vector.FusedMultiplyAdd(Lanes.Load(g, lanes), slope, sum);
                    }

                    Lanes.Store(sum, dx + i, lanes);
                }
            }
        }
    }
}
