using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>Two cubic splines on the same few knots: an input's interval, and its powers, serve both.</summary>
/// <param name="pieces">The knots.</param>
/// <param name="first">The tables of the first spline's functions.</param>
/// <param name="second">The tables of the second's.</param>
internal sealed unsafe class PiecePair<TOutside, TSimd>(SplinePieces pieces, float[] first, float[] second) : IElementPair
    where TOutside : struct, IOutside
    where TSimd : struct, ISimd<TSimd>
{
    private const int Slots = 16, Table = 4 * Slots, Width = 8;

    /// <inheritdoc/>
    public int SumFloats => Moments.Floats(Slots, Width);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Values(int function, ElementRun run, float* x, in GateRows to)
    {
        float* a = to.A, b = to.B, slopeA = to.SlopeA, slopeB = to.SlopeB;
        PiecePlaces<TSimd> grid = new(pieces);
        TSimd shift = TSimd.Create(pieces.Middle + 1), scale = TSimd.Create((float)(1 / pieces.Step));
        fixed (float* ofFirst = first, ofSecond = second)
        {
            float* one = ofFirst + function * Table, two = ofSecond + function * Table;
            for (int row = 0; row < run.Rows; row++, x += run.From, a += run.To, b += run.To, slopeA += run.To, slopeB += run.To)
            {
                for (int i = 0; i < run.Length; i = Lanes.Next(i, TSimd.Count, run.Length))
                {
                    TSimd position = grid.Of<TOutside>(TSimd.Load(x + i), out TSimd interval, out TSimd within), index = interval + shift;
                    if (to.SlopeA is null)
                    {
                        TSimd.Store(Value(one, index, within, position), a + i);
                        TSimd.Store(Value(two, index, within, position), b + i);
                        continue;
                    }

                    TSimd.Store(Value(one, index, within, position, out TSimd rise), a + i);
                    TSimd.Store(rise * scale, slopeA + i);
                    TSimd.Store(Value(two, index, within, position, out rise), b + i);
                    TSimd.Store(rise * scale, slopeB + i);
                }
            }
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Sums(int function, ElementRun run, float* x, in GateRows from, float* sums)
    {
        float* ofA = from.OfA, ofB = from.OfB, places = stackalloc float[TSimd.Count];
        int whole = run.Length - run.Length % TSimd.Count, stride = Moments.Stride(Width);
        PiecePlaces<TSimd> grid = new(pieces);
        TSimd rest = ElementLoops.Rest<TSimd>(run.Length), step = TSimd.Create(stride), shift = TSimd.Create(RowPlaces.Shift + (pieces.Middle + 1) * stride);
        RowPlaces at = new(places, Slots * stride - 1);
        for (int row = 0; row < run.Rows; row++, x += run.From, ofA += run.To, ofB += run.To)
        {
            for (int i = 0; i < run.Length; i = Lanes.Next(i, TSimd.Count, run.Length))
            {
                TSimd g = TSimd.Load(ofA + i), h = TSimd.Load(ofB + i);
                if (i + TSimd.Count > whole)
                    (g, h) = (g & rest, h & rest);
                TSimd position = grid.Of<TOutside>(TSimd.Load(x + i), out TSimd interval, out TSimd within), square = within * within;
                TSimd.Store(TSimd.FusedMultiplyAdd(interval, step, shift), places);
                TSimd second = g * square, other = h * square;
                TSimd.AddRows(sums, at, new Four<TSimd>(g, g * position, second, second * within), new Four<TSimd>(h, h * position, other, other * within));
            }
        }
    }

    /// <inheritdoc/>
    public void Reduce(float* sums, float* first, float* second)
    {
        Moments.Join(sums, Slots, Width, sums);
        for (int slot = 0; slot < Slots; slot++, sums += Width, first += Width / 2, second += Width / 2)
        {
            Vector128.Store(Vector128.Load(sums), first);
            Vector128.Store(Vector128.Load(sums + Width / 2), second);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSimd Value(float* table, TSimd index, TSimd within, TSimd position)
    {
        TSimd h = TSimd.FusedMultiplyAdd(TSimd.Lookup(table + 3 * Slots, index), within, TSimd.Lookup(table + 2 * Slots, index));
        h = TSimd.FusedMultiplyAdd(h, within, TSimd.Lookup(table + Slots, index));
        return TSimd.FusedMultiplyAdd(h, position, TSimd.Lookup(table, index));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSimd Value(float* table, TSimd index, TSimd within, TSimd position, out TSimd derivative)
    {
        TSimd third = TSimd.Lookup(table + 3 * Slots, index), h = TSimd.FusedMultiplyAdd(third, within, TSimd.Lookup(table + 2 * Slots, index));
        TSimd rise = TSimd.FusedMultiplyAdd(third, within, h);
        h = TSimd.FusedMultiplyAdd(h, within, TSimd.Lookup(table + Slots, index));
        derivative = TSimd.FusedMultiplyAdd(rise, within, h);
        return TSimd.FusedMultiplyAdd(h, position, TSimd.Lookup(table, index));
    }
}
