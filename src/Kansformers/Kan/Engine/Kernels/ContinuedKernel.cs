using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>Splines that go on outside their grid range as straight lines. Panels with no input outside go straight to the splines.</summary>
/// <param name="splines">The splines.</param>
/// <param name="ends">Where the grid range ends, and what the bases are there.</param>
internal sealed unsafe class ContinuedKernel<TSimd>(IBasisKernel splines, GridEnds ends) : IBasisKernel
    where TSimd : struct, ISimd<TSimd>
{
    /// <inheritdoc/>
    public void Expand(int first, float* x, int rows, float* to, nint stride)
    {
        int panel = 2 * TSimd.Count, bases = ends.Bases;
        float* inside = stackalloc float[panel];
        for (int row = 0; row < rows; row++, x += panel, to += stride)
        {
            if (!Clamp(first + row, x, inside, panel))
            {
                splines.Expand(first + row, x, 1, to, stride);
                continue;
            }

            splines.Expand(first + row, inside, 1, to, stride);
            for (int t = 0; t < panel; t++)
            {
                if (x[t] == inside[t] || float.IsNaN(x[t]))
                    continue;
                ReadOnlySpan<float> value = ends.Value(first + row, x[t] > inside[t]), slope = ends.Derivative(first + row, x[t] > inside[t]);
                for (int c = 0; c < bases; c++)
                    to[c * panel + t] = float.FusedMultiplyAdd(x[t] - inside[t], slope[c], value[c]);
            }
        }
    }

    /// <inheritdoc/>
    public void Contract(int first, float* x, int rows, float* gradient, nint stride, float* dx, float* sums)
    {
        int panel = 2 * TSimd.Count, bases = ends.Bases;
        float* inside = stackalloc float[panel];
        for (int row = 0; row < rows; row++, x += panel, dx += panel, gradient += stride)
        {
            bool any = Clamp(first + row, x, inside, panel);
            splines.Contract(first + row, any ? inside : x, 1, gradient, stride, dx, null);
            for (int t = 0; any && t < panel; t++)
            {
                if (x[t] == inside[t] || float.IsNaN(x[t]))
                    continue;
                ReadOnlySpan<float> slope = ends.Derivative(first + row, x[t] > inside[t]);
                float sum = 0;
                for (int c = 0; c < bases; c++)
                    sum = float.FusedMultiplyAdd(gradient[c * panel + t], slope[c], sum);
                dx[t] = sum;
            }
        }
    }

    private bool Clamp(int input, float* x, float* inside, int panel)
    {
        (float low, float high) = ends.Range(input);
        bool any = false;
        for (int t = 0; t < panel; t++)
        {
            // The upper end itself belongs to no interval of the range.
            inside[t] = x[t] < low ? low : x[t] >= high ? float.BitDecrement(high) : x[t];
            any |= inside[t] != x[t];
        }

        return any;
    }
}

/// <summary>The ends of each input's grid range, and the values and derivatives of its bases there.</summary>
internal sealed class GridEnds
{
    private readonly float[] _low, _high, _values, _derivatives;
    private readonly int _inputs;

    /// <param name="grid">Knots, (in, knots).</param>
    /// <param name="order">The spline order.</param>
    public GridEnds(Tensor grid, int order)
    {
        using var scope = NewDisposeScope();
        (Tensor values, Tensor derivatives) = BSpline.Ends(grid, order);
        _low = grid[.., order].contiguous().data<float>().ToArray();
        _high = grid[.., ^(order + 1)].contiguous().data<float>().ToArray();
        _values = values.contiguous().data<float>().ToArray();
        _derivatives = derivatives.contiguous().data<float>().ToArray();
        (_inputs, Bases) = (_low.Length, (int)values.shape[2]);
    }

    /// <summary>The bases of an input.</summary>
    public int Bases { get; }

    /// <summary>Where an input's grid range begins and ends.</summary>
    public (float Low, float High) Range(int input) => (_low[input], _high[input]);

    /// <summary>The bases' values at an end.</summary>
    public ReadOnlySpan<float> Value(int input, bool upper) => Part(_values, input, upper);

    /// <summary>The bases' derivatives at an end, from within.</summary>
    public ReadOnlySpan<float> Derivative(int input, bool upper) => Part(_derivatives, input, upper);

    private ReadOnlySpan<float> Part(float[] all, int input, bool upper) => all.AsSpan(((upper ? _inputs : 0) + input) * Bases, Bases);
}

/// <summary>Splines that go on outside their grid range.</summary>
internal sealed class ContinuedPlan : KanPlan
{
    private readonly SplinePlan _splines;
    private readonly GridEnds _ends;

    private ContinuedPlan(SplinePlan splines, GridEnds ends)
        : base(splines.Inputs, splines.Bases, 0) => (_splines, _ends) = (splines, ends);

    /// <inheritdoc/>
    public override KanPlan Core => _splines;

    /// <summary>The plan over such splines: <paramref name="known"/> if it is over the same.</summary>
    public static ContinuedPlan For(SplinePlan splines, KanPlan? known)
    {
        if (known is ContinuedPlan same && ReferenceEquals(same._splines, splines))
            return same;
        using Tensor grid = tensor(splines.Grid.ToArray(), splines.Inputs, splines.Bases + splines.Order + 1);
        return new ContinuedPlan(splines, new GridEnds(grid, splines.Order));
    }

    /// <inheritdoc/>
    public override IBasisKernel Kernel<TSimd>(KernelParameters parameters) => new ContinuedKernel<TSimd>(_splines.Kernel<TSimd>(parameters), _ends);

    /// <inheritdoc/>
    public override IElementKernel? Elements<TSimd>(KernelParameters parameters, FunctionFrame frame) => _splines.Elements<TSimd>(parameters, frame, isContinued: true);
}
