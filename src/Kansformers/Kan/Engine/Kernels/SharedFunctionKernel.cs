using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>
/// Functions that many edges share, φ(x) = Σ_c coefficient_c · B_c(x) + factor · act(x): the expansion of an input is that one value. The basis is expanded
/// into a few cache lines and combined there.
/// </summary>
/// <param name="basis">The basis.</param>
/// <param name="functions">Its number of functions.</param>
/// <param name="activation">The base activation, or null.</param>
/// <param name="parameters">Per row the coefficients, then the factor of the base activation; the basis' own come before both.</param>
/// <param name="own">The number of the basis' own parameters.</param>
internal sealed unsafe class SharedFunctionKernel<TSimd>(IBasisKernel basis, int functions, BaseActivation? activation, KernelParameters parameters, int own) : IBasisKernel
    where TSimd : struct, ISimd<TSimd>
{
    private readonly KernelParameters _parameters = parameters.From(own);

    /// <inheritdoc/>
    public void Expand(int first, float* x, int rows, float* to, nint stride)
    {
        int panel = 2 * TSimd.Count;
        float* values = stackalloc float[(functions + 1) * panel + Alignment];
        values = Aligned(values);
        for (int row = 0; row < rows; row++, x += panel, to += stride)
        {
            ExpandOne(first + row, x, values, panel);
            float* coefficient = _parameters.Of(first + row);
            TSimd low = TSimd.Zero, high = low;
            for (int c = 0, count = functions + (activation is null ? 0 : 1); c < count; c++)
            {
                TSimd factor = TSimd.Create(coefficient[c]);
                low = TSimd.FusedMultiplyAdd(factor, TSimd.Load(values + c * panel), low);
                high = TSimd.FusedMultiplyAdd(factor, TSimd.Load(values + c * panel + TSimd.Count), high);
            }

            TSimd.Store(low, to);
            TSimd.Store(high, to + TSimd.Count);
        }
    }

    /// <inheritdoc/>
    public void Contract(int first, float* x, int rows, float* gradient, nint stride, float* dx, float* sums)
    {
        int lanes = TSimd.Count, panel = 2 * lanes, count = functions + (activation is null ? 0 : 1);
        float* values = stackalloc float[(functions + 1) * panel + Alignment];
        values = Aligned(values);
        nint step = sums is null ? 0 : (nint)(own + count) * lanes;
        for (int row = 0; row < rows; row++, x += panel, dx += panel, gradient += stride, sums += step)
        {
            TSimd low = TSimd.Load(gradient), high = TSimd.Load(gradient + lanes);
            if (sums is not null)
            {
                ExpandOne(first + row, x, values, panel);
                float* sum = sums + own * lanes;
                for (int c = 0; c < count; c++, sum += lanes)
                    TSimd.Store(TSimd.FusedMultiplyAdd(low, TSimd.Load(values + c * panel), TSimd.FusedMultiplyAdd(high, TSimd.Load(values + c * panel + lanes), TSimd.Load(sum))), sum);
            }

            float* coefficient = _parameters.Of(first + row);
            for (int c = 0; c < count; c++)
            {
                TSimd factor = TSimd.Create(coefficient[c]);
                TSimd.Store(low * factor, values + c * panel);
                TSimd.Store(high * factor, values + c * panel + lanes);
            }

            basis.Contract(first + row, x, 1, values, 0, dx, own == 0 ? null : sums);
            if (activation is BaseActivation act)
                BaseBranch.Contract(act, x, 1, panel, values + functions * panel, panel, dx);
        }
    }

    private const int Alignment = 16;

    private static float* Aligned(float* at) => (float*)(((nint)at + 63) & ~63);

    private void ExpandOne(int input, float* x, float* values, int panel)
    {
        basis.Expand(input, x, 1, values, 0);
        if (activation is BaseActivation act)
            BaseBranch.Expand(act, x, 1, panel, values + functions * panel, panel);
    }
}
