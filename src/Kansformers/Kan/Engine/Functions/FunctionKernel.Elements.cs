using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <content>The function value by value.</content>
internal sealed unsafe partial class FunctionKernel<TFunction, TFront, TBranch, TSimd> : IElementKernel
{
    /// <inheritdoc/>
    public int Parameters => _function.Parameters + TBranch.Parameters;

    /// <inheritdoc/>
    public int SumFloats => (int)Step;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Values(int function, ElementRun run, float* x, float* y, float* slope)
    {
        if (run.Length < TSimd.Count)
        {
            ElementLoops.ShortValues(this, function, run, x, ((nint)y, (nint)slope), TSimd.Count);
            return;
        }

        TFunction form = _function;
        int count = form.Constants;
        fixed (float* table = constants)
        {
            float* own = table + function * (nint)(count + 1);
            for (int row = 0; row < run.Rows; row++, x += run.From, y += run.To)
            {
                for (int i = 0; i < run.Length; i = Lanes.Next(i, TSimd.Count, run.Length))
                {
                    TSimd at = TSimd.Load(x + i);
                    if (slope is null)
                    {
                        TSimd.Store(TBranch.Add(form.Value(TFront.Value(at), own), at, own + count), y + i);
                        continue;
                    }

                    TSimd seen = TFront.Value(at, out TSimd inner), value = form.Value(seen, TSimd.Zero, own, null, out TSimd derivative);
                    derivative *= inner;
                    TSimd.Store(TBranch.Add(value, at, TSimd.Zero, own + count, null, ref derivative), y + i);
                    TSimd.Store(derivative, slope + row * run.To + i);
                }
            }
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Sums(int function, ElementRun run, float* x, float* upstream, float* sums)
    {
        if (run.Length < TSimd.Count)
        {
            ElementLoops.ShortSums(this, function, run, ((nint)x, (nint)upstream), sums, TSimd.Count);
            return;
        }

        TFunction form = _function;
        int count = form.Constants, whole = run.Length - run.Length % TSimd.Count;
        TSimd rest = ElementLoops.Rest<TSimd>(run.Length);
        float* last = sums + form.Parameters * TSimd.SumLanes;
        fixed (float* table = constants)
        {
            float* own = table + function * (nint)(count + 1);
            for (int row = 0; row < run.Rows; row++, x += run.From, upstream += run.To)
            {
                for (int i = 0; i < run.Length; i = Lanes.Next(i, TSimd.Count, run.Length))
                {
                    TSimd at = TSimd.Load(x + i), g = TSimd.Load(upstream + i);
                    if (i + TSimd.Count > whole)
                        g &= rest;
                    TSimd value = form.Value(TFront.Value(at), g, own, sums, out TSimd derivative);
                    TBranch.Add(value, at, g, own + count, last, ref derivative);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Finish(int function, float* sums, float* gradient)
    {
        fixed (float* table = constants)
            _function.Finish(table + function * (nint)(_function.Constants + 1), sums, TSimd.SumLanes);
        ElementLoops.SumLanes(sums, TSimd.SumLanes, gradient, Parameters);
    }
}
