using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>The loops around a basis.</summary>
/// <param name="basis">The basis.</param>
/// <param name="parameters">Its parameters.</param>
internal sealed unsafe class BasisKernel<TBasis, TSimd>(TBasis basis, KernelParameters parameters) : IBasisKernel
    where TBasis : struct, IBasis
    where TSimd : struct, ISimd<TSimd>
{
    private readonly TBasis _basis = basis;
    private readonly KernelParameters _parameters = parameters;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Expand(int first, float* x, int rows, float* to, nint stride)
    {
        TBasis basis = _basis;
        int lanes = TSimd.Count, panel = 2 * lanes;
        for (int row = 0; row < rows; row++, x += panel, to += stride)
        {
            float* own = _parameters.Of(first + row);
            basis.Expand(TSimd.Load(x), own, to, panel);
            basis.Expand(TSimd.Load(x + lanes), own, to + lanes, panel);
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Contract(int first, float* x, int rows, float* gradient, nint stride, float* dx, float* sums)
    {
        TBasis basis = _basis;
        int lanes = TSimd.Count, panel = 2 * lanes;
        nint step = sums is null ? 0 : (nint)basis.Parameters * lanes;
        for (int row = 0; row < rows; row++, x += panel, dx += panel, gradient += stride, sums += step)
        {
            float* own = _parameters.Of(first + row);
            TSimd.Store(basis.Contract(TSimd.Load(x), own, gradient, panel, sums), dx);
            TSimd.Store(basis.Contract(TSimd.Load(x + lanes), own, gradient + lanes, panel, sums), dx + lanes);
        }
    }
}
