using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>A basis behind the hyperbolic tangent.</summary>
/// <param name="basis">The basis.</param>
/// <param name="parameters">How many parameters it has.</param>
internal sealed unsafe class TanhKernel<TSimd>(IBasisKernel basis, int parameters) : IBasisKernel
    where TSimd : struct, ISimd<TSimd>
{
    /// <inheritdoc/>
    public void Expand(int first, float* x, int rows, float* to, nint stride)
    {
        int panel = 2 * TSimd.Count;
        float* inside = stackalloc float[panel];
        for (int row = 0; row < rows; row++, x += panel, to += stride)
        {
            Squash(x, inside);
            basis.Expand(first + row, inside, 1, to, stride);
        }
    }

    /// <inheritdoc/>
    public void Contract(int first, float* x, int rows, float* gradient, nint stride, float* dx, float* sums)
    {
        int lanes = TSimd.Count, panel = 2 * lanes;
        float* inside = stackalloc float[panel];
        nint step = sums is null ? 0 : (nint)parameters * lanes;
        for (int row = 0; row < rows; row++, x += panel, dx += panel, gradient += stride, sums += step)
        {
            Squash(x, inside);
            basis.Contract(first + row, inside, 1, gradient, stride, dx, sums);
            for (int i = 0; i < panel; i += lanes)
                TSimd.Store(TSimd.Load(dx + i) * SimdMath.TanhDerivative(TSimd.Load(x + i)), dx + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Squash(float* x, float* to)
    {
        TSimd.Store(SimdMath.Tanh(TSimd.Load(x)), to);
        TSimd.Store(SimdMath.Tanh(TSimd.Load(x + TSimd.Count)), to + TSimd.Count);
    }
}
