using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Kansformers.Kan;

/// <summary>
/// Splines of any order on any knots, each input with knots of its own: the recursion of Cox and de Boor, a vector of inputs at a time.
/// With w_j = (x - t_j) / (t_{j+l} - t_j), level l is B_j = w_j B_j + (1 - w_{j+1}) B_{j+1}; the reciprocal of a width of zero is taken as 0,
/// which is harmless since the basis beside it is 0 then.
/// </summary>
internal sealed unsafe class KnotSplines : ISplineKernel
{
    private readonly int _inputs, _order, _knots, _lanes, _stride;
    private readonly float[] _knot;
    private readonly float[] _reciprocal;

    /// <param name="grid">Knots in ascending order, (in, knots), row by row.</param>
    /// <param name="inputs">The number of rows.</param>
    /// <param name="order">The spline order.</param>
    public KnotSplines(ReadOnlySpan<float> grid, int inputs, int order)
    {
        (_inputs, _order, _knots) = (inputs, order, grid.Length / inputs);
        _lanes = Lanes.PerStep(inputs);
        _stride = Math.Max(inputs, Vector<float>.Count);
        _knot = new float[_knots * _stride];
        _reciprocal = new float[order * _knots * _stride];
        for (int j = 0; j < _knots; j++)
        {
            for (int i = 0; i < inputs; i++)
                _knot[j * _stride + i] = grid[i * _knots + j];
        }

        for (int level = 1; level <= order; level++)
        {
            Span<float> to = _reciprocal.AsSpan((level - 1) * _knots * _stride);
            for (int at = 0; at < (_knots - level) * _stride; at++)
            {
                float width = _knot[at + level * _stride] - _knot[at];
                to[at] = width > 0 ? Math.Min(1 / width, float.MaxValue) : 0;
            }
        }
    }

    /// <inheritdoc/>
    public void Expand(float* x, int rows, float* to, nint stride)
    {
        int count = _knots - _order - 1;
        Vector<float>[] rented = ArrayPool<Vector<float>>.Shared.Rent(_knots);
        fixed (Vector<float>* basis = rented)
        fixed (float* knots = _knot, reciprocals = _reciprocal)
        {
            for (int row = 0; row < rows; row++, x += _inputs, to += stride)
            {
                for (int i = 0; i < _inputs; i = Lanes.Next(i, _lanes, _inputs))
                {
                    Vector<float> at = Lanes.Load(x + i, _lanes);
                    Vector<float> nan = Vector.AsVectorSingle(~Vector.Equals(at, at));
                    Vector<float> inside = Recur(at, knots + i, reciprocals + i, basis);
                    float* knot = knots + i, reciprocal = reciprocals + (nint)(_order - 1) * _knots * _stride + i, output = to + i;
                    Vector<float> left = (inside - Vector.Load(knot)) * Vector.Load(reciprocal) * basis[0];
                    for (int c = 0; c < count; c++, output += _inputs)
                    {
                        knot += _stride;
                        reciprocal += _stride;
                        Vector<float> next = basis[c + 1];
                        Vector<float> right = (inside - Vector.Load(knot)) * Vector.Load(reciprocal) * next;
                        Lanes.Store((left + (next - right)) | nan, output, _lanes);
                        left = right;
                    }
                }
            }
        }

        ArrayPool<Vector<float>>.Shared.Return(rented);
    }

    /// <inheritdoc/>
    public void Contract(float* x, int rows, float* gradient, nint stride, float* dx)
    {
        int count = _knots - _order - 1;
        Vector<float>[] rented = ArrayPool<Vector<float>>.Shared.Rent(_knots);
        fixed (Vector<float>* basis = rented)
        fixed (float* knots = _knot, reciprocals = _reciprocal)
        {
            for (int row = 0; row < rows; row++, x += _inputs, dx += _inputs, gradient += stride)
            {
                for (int i = 0; i < _inputs; i = Lanes.Next(i, _lanes, _inputs))
                {
                    Vector<float> at = Lanes.Load(x + i, _lanes), sum = Vector<float>.Zero;
                    Recur(at, knots + i, reciprocals + i, basis);
                    float* reciprocal = reciprocals + (nint)(_order - 1) * _knots * _stride + i, g = gradient + i;

                    // B_c' = order · (b_c / (t_{c+order} - t_c) - b_{c+1} / (t_{c+order+1} - t_{c+1})), b the bases of the order below.
                    Vector<float> left = Vector.Load(reciprocal) * basis[0];
                    for (int c = 0; c < count; c++, g += _inputs)
                    {
                        reciprocal += _stride;
                        Vector<float> right = Vector.Load(reciprocal) * basis[c + 1];
                        sum = Vector.FusedMultiplyAdd(Lanes.Load(g, _lanes), left - right, sum);
                        left = right;
                    }

                    Vector<float> nan = Vector.AsVectorSingle(~Vector.Equals(at, at));
                    Lanes.Store((sum * _order) | nan, dx + i, _lanes);
                }
            }
        }

        ArrayPool<Vector<float>>.Shared.Return(rented);
    }

    /// <summary>Leaves the bases of the order below the last in <paramref name="basis"/>; returns the inputs moved into the grid's range.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector<float> Recur(Vector<float> at, float* knots, float* reciprocals, Vector<float>* basis)
    {
        // Beyond the ends all bases are 0, and far away 0 · (x - t) / width would overflow to NaN: the weights use the nearest end.
        Vector<float> inside = Vector.Min(Vector.Max(at, Vector.Load(knots)), Vector.Load(knots + (nint)(_knots - 1) * _stride));
        Vector<int> reached = Vector.GreaterThanOrEqual(at, Vector.Load(knots));
        float* knot = knots;
        for (int j = 0; j < _knots - 1; j++)
        {
            knot += _stride;
            Vector<int> next = Vector.GreaterThanOrEqual(at, Vector.Load(knot));
            basis[j] = Vector.AsVectorSingle(Vector.AndNot(reached, next)) & Vector<float>.One;
            reached = next;
        }

        for (int level = 1; level < _order; level++)
        {
            knot = knots;
            float* reciprocal = reciprocals + (nint)(level - 1) * _knots * _stride;
            Vector<float> left = (inside - Vector.Load(knot)) * Vector.Load(reciprocal) * basis[0];
            for (int j = 0; j < _knots - 1 - level; j++)
            {
                knot += _stride;
                reciprocal += _stride;
                Vector<float> next = basis[j + 1];
                Vector<float> right = (inside - Vector.Load(knot)) * Vector.Load(reciprocal) * next;
                basis[j] = left + (next - right);
                left = right;
            }
        }

        return inside;
    }
}
