using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>The loops around a shared function, φ(x) = f(front(x)) + factor · act(x).</summary>
/// <typeparam name="TFunction">The function's form.</typeparam>
/// <typeparam name="TFront">What stands in front of it.</typeparam>
/// <typeparam name="TBranch">The term with an activation.</typeparam>
/// <typeparam name="TSimd">A panel's vectors: half as wide as it or, for two at once, as wide.</typeparam>
/// <param name="function">The function f.</param>
/// <param name="parameters">Per row those of f, then the factor.</param>
/// <param name="constants">Per row those of f, then the factor.</param>
internal sealed unsafe partial class FunctionKernel<TFunction, TFront, TBranch, TSimd>(TFunction function, KernelParameters parameters, float[] constants) : IFunctionKernel
    where TFunction : struct, ISharedFunction
    where TFront : struct, IFront
    where TBranch : struct, IBranch
    where TSimd : struct, ISimd<TSimd>
{
    private readonly TFunction _function = function;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Expand(int first, float* x, int rows, float* to, nint stride)
    {
        TFunction function = _function;
        int panel = 2 * TSimd.SumLanes, count = function.Constants;
        fixed (float* table = constants)
        {
            for (int row = 0; row < rows; row++, x += panel, to += stride)
            {
                float* own = table + parameters.RowOf(first + row) * (nint)(count + 1);
                for (int t = 0; t < panel; t += TSimd.Count)
                {
                    TSimd at = TSimd.Load(x + t);
                    TSimd.Store(TBranch.Add(function.Value(TFront.Value(at), own), at, own + count), to + t);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Contract(int first, float* x, int rows, float* gradient, nint stride, float* dx, float* sums)
    {
        int panel = 2 * TSimd.SumLanes;
        nint step = sums is null ? 0 : Step;
        float* upstream = stackalloc float[panel];
        for (int row = 0; row < rows; row++, x += panel, dx += panel, gradient += stride, sums += step)
        {
            new ReadOnlySpan<float>(gradient, panel).CopyTo(new Span<float>(upstream, panel));
            Replace(first + row, x, 1, upstream, dx, sums);
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Replace(int first, float* x, int rows, float* gradient, float* dx, float* sums)
    {
        TFunction function = _function;
        int lanes = TSimd.SumLanes, panel = 2 * lanes, count = function.Constants, learned = function.Parameters;
        nint step = sums is null ? 0 : Step;
        fixed (float* table = constants)
        {
            for (int row = 0; row < rows; row++, x += panel, dx += panel, gradient += panel, sums += step)
            {
                float* own = table + parameters.RowOf(first + row) * (nint)(count + 1), last = sums is null ? null : sums + learned * lanes;
                for (int t = 0; t < panel; t += TSimd.Count)
                {
                    TSimd at = TSimd.Load(x + t), upstream = TSimd.Load(gradient + t), seen = TFront.Value(at, out TSimd inner);
                    TSimd value = function.Value(seen, upstream, own, sums, out TSimd derivative);
                    derivative *= inner;
                    TSimd.Store(TBranch.Add(value, at, upstream, own + count, last, ref derivative), gradient + t);
                    TSimd.Store(upstream * derivative, dx + t);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Finish(int first, int rows, float* sums)
    {
        fixed (float* table = constants)
        {
            for (int row = 0; row < rows; row++, sums += Step)
                _function.Finish(table + parameters.RowOf(first + row) * (nint)(_function.Constants + 1), sums, TSimd.SumLanes);
        }
    }

    private nint Step => (nint)(_function.Parameters + TBranch.Parameters) * TSimd.SumLanes;
}
