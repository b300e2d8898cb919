using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>
/// Splines on uniform knots value by value, φ(x) = s(x) + factor · act(x): the polynomial of the interval in which an input lies is looked up. The gradients of
/// coefficients come from those of the polynomials, upstream · t^p added up for each interval (<see cref="Moments"/>), so that the bases are never computed.
/// </summary>
/// <typeparam name="TOrder">The spline order.</typeparam>
/// <typeparam name="TOutside">What is outside the grid.</typeparam>
/// <typeparam name="TBranch">The term with an activation.</typeparam>
/// <typeparam name="TSimd">The vectors.</typeparam>
internal sealed unsafe class PieceKernel<TOrder, TOutside, TBranch, TSimd> : IElementKernel
    where TOrder : struct, ISplineOrder
    where TOutside : struct, IOutside
    where TBranch : struct, IBranch
    where TSimd : struct, ISimd<TSimd>
{
    private readonly SplinePieces _pieces;
    private readonly float[] _tables, _factors;
    private readonly float _centre, _scale;
    private readonly int _slots, _before, _after;

    /// <param name="pieces">The knots.</param>
    /// <param name="parameters">Per function the coefficients, then the factor of the base term.</param>
    /// <param name="functions">How many functions there are.</param>
    public PieceKernel(SplinePieces pieces, KernelParameters parameters, int functions)
    {
        (_pieces, _slots, _before, _after) = (pieces, pieces.Slots, pieces.Middle + 1, pieces.Intervals - pieces.Middle);
        (_centre, _scale) = ((float)pieces.Centre, (float)(1 / pieces.Step));
        _tables = new float[functions * TableFloats];
        _factors = new float[functions];
        fixed (float* tables = _tables)
        {
            for (int function = 0; function < functions; function++)
            {
                pieces.Fill(parameters.Row(function), tables + function * TableFloats);
                _factors[function] = TBranch.Parameters == 0 ? 0 : parameters.Row(function)[pieces.Bases];
            }
        }
    }

    /// <inheritdoc/>
    public int Parameters => _pieces.Bases + TBranch.Parameters;

    /// <inheritdoc/>
    public int SumFloats => Moments.Floats(TOrder.Value, _slots) + TBranch.Parameters * TSimd.SumLanes;

    private int TableFloats => (TOrder.Value + 1) * _slots;

    /// <inheritdoc/>
    public void Values(int function, ElementRun run, float* x, float* y, float* slope)
    {
        if (run.Length < TSimd.Count)
            ElementLoops.ShortValues(this, function, run, x, ((nint)y, (nint)slope), TSimd.Count);
        else if (_slots == 16)
            Values<FewSlots>(function, run, x, y, slope);
        else
            Values<ManySlots>(function, run, x, y, slope);
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

        int whole = run.Length - run.Length % TSimd.Count, slots = _slots;
        float* last = sums + Moments.Floats(TOrder.Value, slots);
        float factor = _factors[function];
        TSimd rest = ElementLoops.Rest<TSimd>(run.Length), shift = TSimd.Create(Moments.Shift + _before);
        float* powers = stackalloc float[(Moments.MostPowers + 1) * TSimd.Count];
        for (int row = 0; row < run.Rows; row++, x += run.From, upstream += run.To)
        {
            for (int i = 0; i < run.Length; i = Lanes.Next(i, TSimd.Count, run.Length))
            {
                TSimd seen = TSimd.Load(x + i), g = TSimd.Load(upstream + i);
                if (i + TSimd.Count > whole)
                    g &= rest;
                TSimd at = At(seen, out TSimd near), interval = TSimd.Round(near), within = near - interval;
                TSimd term = g * within * within;
                TSimd.Store(interval + shift, powers);
                TSimd.Store(g, powers + TSimd.Count);
                TSimd.Store(g * TOutside.Position(at, interval, within), powers + 2 * TSimd.Count);
                for (int power = 2; power <= TOrder.Value; power++, term *= within)
                    TSimd.Store(term, powers + (power + 1) * TSimd.Count);
                Moments.Add<TOrder>(powers, TSimd.Count, sums, slots);
                if (TBranch.Parameters > 0)
                {
                    TSimd unused = TSimd.Zero;
                    TBranch.Add(TSimd.Zero, seen, g, &factor, last, ref unused);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Finish(int function, float* sums, float* gradient)
    {
        Moments.Join(TOrder.Value, sums, _slots);
        _pieces.Gather(sums, Moments.Width(TOrder.Value), gradient);
        ElementLoops.SumLanes(sums + Moments.Floats(TOrder.Value, _slots), TSimd.SumLanes, gradient + _pieces.Bases, TBranch.Parameters);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Values<TSlots>(int function, ElementRun run, float* x, float* y, float* slope)
        where TSlots : struct, ISlots
    {
        int slots = _slots;
        float factor = _factors[function];
        TSimd shift = TSimd.Create(_before), scale = TSimd.Create(_scale);
        fixed (float* tables = _tables)
        {
            float* table = tables + function * TableFloats;
            for (int row = 0; row < run.Rows; row++, x += run.From, y += run.To)
            {
                for (int i = 0; i < run.Length; i = Lanes.Next(i, TSimd.Count, run.Length))
                {
                    TSimd seen = TSimd.Load(x + i), at = At(seen, out TSimd near), interval = TSimd.Round(near), within = near - interval;
                    TSimd position = TOutside.Position(at, interval, within), index = interval + shift;

                    // s = c0 + t · h(t), where h is constant outside the grid.
                    TSimd h = TSlots.Of(table + TOrder.Value * slots, slots, index), rise = TSimd.Zero;
                    for (int power = TOrder.Value - 1; power > 0; power--)
                    {
                        if (slope is not null)
                            rise = TSimd.FusedMultiplyAdd(rise, within, h);
                        h = TSimd.FusedMultiplyAdd(h, within, TSlots.Of(table + power * slots, slots, index));
                    }

                    TSimd value = TSimd.FusedMultiplyAdd(h, position, TSlots.Of(table, slots, index));
                    if (slope is null)
                    {
                        TSimd.Store(TBranch.Add(value, seen, &factor), y + i);
                        continue;
                    }

                    TSimd derivative = TSimd.FusedMultiplyAdd(rise, within, h) * scale;
                    TSimd.Store(TBranch.Add(value, seen, TSimd.Zero, &factor, null, ref derivative), y + i);
                    TSimd.Store(derivative, slope + row * run.To + i);
                }
            }
        }
    }

    // The position in intervals from the middle, and the nearest one to it that is at most one beyond the grid.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TSimd At(TSimd x, out TSimd near)
    {
        TSimd at = (x - TSimd.Create(_centre)) * TSimd.Create(_scale);
        near = SimdMath.Within(at, -_before, _after);
        return at;
    }
}

/// <summary>What a spline does outside its grid.</summary>
internal interface IOutside
{
    /// <summary>The position that an interval's constant and linear coefficient are for.</summary>
    /// <param name="at">The position in intervals.</param>
    /// <param name="interval">The interval, at most one beyond the grid.</param>
    /// <param name="within">The position in the interval, of what lies farther outside 0.</param>
    static abstract TSimd Position<TSimd>(TSimd at, TSimd interval, TSimd within)
        where TSimd : struct, ISimd<TSimd>;
}

/// <summary>It is zero.</summary>
internal readonly struct VanishesOutside : IOutside
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Position<TSimd>(TSimd at, TSimd interval, TSimd within)
        where TSimd : struct, ISimd<TSimd> => within;
}

/// <summary>It goes on as a straight line.</summary>
internal readonly struct ContinuesOutside : IOutside
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Position<TSimd>(TSimd at, TSimd interval, TSimd within)
        where TSimd : struct, ISimd<TSimd> => at - interval;
}

/// <summary>How tables are read.</summary>
internal unsafe interface ISlots
{
    /// <summary>table[index].</summary>
    static abstract TSimd Of<TSimd>(float* table, int slots, TSimd index)
        where TSimd : struct, ISimd<TSimd>;
}

/// <summary>16 slots, which registers hold.</summary>
internal readonly unsafe struct FewSlots : ISlots
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Of<TSimd>(float* table, int slots, TSimd index)
        where TSimd : struct, ISimd<TSimd> => TSimd.Lookup(table, index);
}

/// <summary>More of them.</summary>
internal readonly unsafe struct ManySlots : ISlots
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Of<TSimd>(float* table, int slots, TSimd index)
        where TSimd : struct, ISimd<TSimd> => TSimd.Gather(table, slots - 1, index);
}
