using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>
/// Splines on any knots, each input with knots of its own: the recursion of Cox and de Boor, a vector of inputs at a time.
/// With w_j = (x - t_j) / (t_{j+l} - t_j), level l is B_j = w_j B_j + (1 - w_{j+1}) B_{j+1}; the reciprocal of a width of zero is taken as 0,
/// which is harmless since the basis beside it is 0 then.
/// </summary>
/// <remarks>
/// All levels advance together, one knot interval at a time: level l is l intervals behind, and all that it needs from the step before is one product.
/// So nothing leaves the registers but the finished bases. Before enough intervals have passed, a level yields bases of negative index;
/// no basis of index 0 or more depends on them.
/// </remarks>
internal sealed unsafe class KnotSplines<TOrder, TSimd, TKnots> : IRowKernel, IBasisKernel
    where TOrder : struct, ISplineOrder
    where TSimd : struct, ISimd<TSimd>
    where TKnots : struct, IKnotLanes
{
    // Per vector of inputs (or per input, where a vector holds one input of many tokens), per knot j: t_j, then for each level l the reciprocal of t_{j+1} - t_{j-l+1}. Rows of zeros lead, for the negative indices.
    private readonly float[] _table;
    private readonly int _row, _knots;

    /// <param name="grid">Knots in ascending order, (in, knots), row by row.</param>
    /// <param name="inputs">The number of rows of the grid.</param>
    /// <param name="row">The length of a row of values, at least the width of a vector: the inputs, or a panel of tokens.</param>
    public KnotSplines(ReadOnlySpan<float> grid, int inputs, int row)
    {
        (_row, _knots) = (row, grid.Length / inputs);
        int lanes = TKnots.Lanes(TSimd.Count), order = TOrder.Value, vectors = (inputs + lanes - 1) / lanes; // one lane each where the knots are shared
        _table = new float[vectors * BlockSize];
        for (int vector = 0, at = 0; vector < vectors; vector++, at = Lanes.Next(at, lanes, inputs))
        {
            for (int lane = 0; lane < lanes; lane++)
            {
                ReadOnlySpan<float> knot = grid.Slice((at + lane) * _knots, _knots);
                Span<float> rows = _table.AsSpan(vector * BlockSize + Lead * RowSize);
                for (int j = 0; j < _knots; j++)
                {
                    rows[j * RowSize + lane] = knot[j];
                    for (int level = 1; level <= order; level++)
                    {
                        int from = j - level + 1;
                        float width = from >= 0 && j + 1 < _knots ? knot[j + 1] - knot[from] : 0;
                        rows[j * RowSize + level * lanes + lane] = width > 0 ? Math.Min(1 / width, float.MaxValue) : 0;
                    }
                }
            }
        }
    }

    private static int RowSize => (TOrder.Value + 1) * TKnots.Lanes(TSimd.Count);

    private static int Lead => TOrder.Value - 1;

    private int BlockSize => (_knots + Lead) * RowSize;

    /// <inheritdoc/>
    public void Expand(float* x, int rows, float* to, nint stride) => Expand(0, x, rows, to, stride);

    /// <inheritdoc/>
    public void Contract(float* x, int rows, float* gradient, nint stride, float* dx) => Contract(0, x, rows, gradient, stride, dx, null);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Expand(int first, float* x, int rows, float* to, nint stride)
    {
        int inputs = _row, knots = _knots, size = RowSize, lanes = TSimd.Count, wide = TKnots.Lanes(lanes), blockSize = BlockSize;
        fixed (float* table = _table)
        {
            for (int row = 0; row < rows; row++, x += inputs, to += stride)
            {
                float* block = table + (TKnots.AreShared ? first + row : 0) * (nint)blockSize + Lead * size;
                for (int i = 0; i < inputs; i = Lanes.Next(i, lanes, inputs), block += TKnots.AreShared ? 0 : blockSize)
                {
                    TSimd at = TSimd.Load(x + i);
                    TSimd inside = Inside(at, block, block + (nint)(knots - 1) * size);
                    TSimd nan = ~TSimd.Equal(at, at);
                    TSimd held1 = TSimd.Zero, held2 = held1, held3 = held1, held4 = held1, held5 = held1;
                    TSimd reached = TSimd.GreaterOrEqual(at, TKnots.Load<TSimd>(block));
                    float* knot = block, output = to + i;
                    for (int j = 0; j < knots - 1; j++, knot += size)
                    {
                        TSimd next = TSimd.GreaterOrEqual(at, TKnots.Load<TSimd>(knot + size));
                        TSimd basis = reached & ~next & TSimd.One;
                        reached = next;
                        basis = Level(inside, knot, knot + wide, basis, ref held1);
                        if (TOrder.Value >= 2)
                            basis = Level(inside, knot - size, knot + 2 * wide, basis, ref held2);
                        if (TOrder.Value >= 3)
                            basis = Level(inside, knot - 2 * size, knot + 3 * wide, basis, ref held3);
                        if (TOrder.Value >= 4)
                            basis = Level(inside, knot - 3 * size, knot + 4 * wide, basis, ref held4);
                        if (TOrder.Value >= 5)
                            basis = Level(inside, knot - 4 * size, knot + 5 * wide, basis, ref held5);
                        if (j >= TOrder.Value)
                        {
                            TSimd.Store(basis | nan, output);
                            output += inputs;
                        }
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Contract(int first, float* x, int rows, float* gradient, nint stride, float* dx, float* sums)
    {
        int inputs = _row, knots = _knots, size = RowSize, lanes = TSimd.Count, wide = TKnots.Lanes(lanes), blockSize = BlockSize;
        fixed (float* table = _table)
        {
            for (int row = 0; row < rows; row++, x += inputs, dx += inputs, gradient += stride)
            {
                float* block = table + (TKnots.AreShared ? first + row : 0) * (nint)blockSize + Lead * size;
                for (int i = 0; i < inputs; i = Lanes.Next(i, lanes, inputs), block += TKnots.AreShared ? 0 : blockSize)
                {
                    TSimd at = TSimd.Load(x + i), sum = TSimd.Zero, left = sum;
                    TSimd inside = Inside(at, block, block + (nint)(knots - 1) * size);
                    TSimd held1 = sum, held2 = sum, held3 = sum, held4 = sum;
                    TSimd reached = TSimd.GreaterOrEqual(at, TKnots.Load<TSimd>(block));
                    float* knot = block, g = gradient + i;
                    for (int j = 0; j < knots - 1; j++, knot += size)
                    {
                        TSimd next = TSimd.GreaterOrEqual(at, TKnots.Load<TSimd>(knot + size));
                        TSimd basis = reached & ~next & TSimd.One;
                        reached = next;
                        if (TOrder.Value >= 2)
                            basis = Level(inside, knot, knot + wide, basis, ref held1);
                        if (TOrder.Value >= 3)
                            basis = Level(inside, knot - size, knot + 2 * wide, basis, ref held2);
                        if (TOrder.Value >= 4)
                            basis = Level(inside, knot - 2 * size, knot + 3 * wide, basis, ref held3);
                        if (TOrder.Value >= 5)
                            basis = Level(inside, knot - 3 * size, knot + 4 * wide, basis, ref held4);

                        // B_c' = order · (b_c / (t_{c+order} - t_c) - b_{c+1} / (t_{c+order+1} - t_{c+1})), b the bases of the order below.
                        TSimd right = TKnots.Load<TSimd>(knot + TOrder.Value * wide) * basis;
                        if (j >= TOrder.Value)
                        {
                            sum = TSimd.FusedMultiplyAdd(TSimd.Load(g), left - right, sum);
                            g += inputs;
                        }

                        left = right;
                    }

                    TSimd nan = ~TSimd.Equal(at, at);
                    TSimd.Store((sum * TSimd.Create(TOrder.Value)) | nan, dx + i);
                }
            }
        }
    }

    /// <summary>One step of one level: takes the basis below, gives the basis whose support ends with it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSimd Level(TSimd x, float* knot, float* reciprocal, TSimd below, ref TSimd held)
    {
        TSimd rising = (x - TKnots.Load<TSimd>(knot)) * TKnots.Load<TSimd>(reciprocal) * below;
        TSimd basis = held + (below - rising);
        held = rising;
        return basis;
    }

    // Beyond the ends all bases are 0, and far away 0 · (x - t) / width would overflow to NaN: the weights use the nearest end.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSimd Inside(TSimd at, float* firstKnot, float* lastKnot) =>
        TSimd.MinNative(TSimd.MaxNative(at, TKnots.Load<TSimd>(firstKnot)), TKnots.Load<TSimd>(lastKnot));
}

/// <summary>Which knots the lanes of a vector have.</summary>
internal unsafe interface IKnotLanes
{
    /// <summary>Whether all lanes have the same knots.</summary>
    static abstract bool AreShared { get; }

    /// <summary>How many values of a knot a vector's table holds.</summary>
    /// <param name="lanes">The lanes of a vector.</param>
    static abstract int Lanes(int lanes);

    /// <summary>A knot for every lane.</summary>
    static abstract TSimd Load<TSimd>(float* from)
        where TSimd : struct, ISimd<TSimd>;
}

/// <summary>Every lane is another input, with knots of its own.</summary>
internal readonly unsafe struct OwnKnots : IKnotLanes
{
    public static bool AreShared => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Lanes(int lanes) => lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Load<TSimd>(float* from)
        where TSimd : struct, ISimd<TSimd> => TSimd.Load(from);
}

/// <summary>Every lane is another token of one input.</summary>
internal readonly unsafe struct SharedKnots : IKnotLanes
{
    public static bool AreShared => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Lanes(int lanes) => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Load<TSimd>(float* from)
        where TSimd : struct, ISimd<TSimd> => TSimd.Create(*from);
}

/// <summary>A spline order that the compiler knows, so that a kernel holds no loop over levels.</summary>
internal interface ISplineOrder
{
    /// <summary>The order.</summary>
    static abstract int Value { get; }
}

/// <summary>Order 1.</summary>
internal readonly struct Order1 : ISplineOrder
{
    public static int Value => 1;
}

/// <summary>Order 2.</summary>
internal readonly struct Order2 : ISplineOrder
{
    public static int Value => 2;
}

/// <summary>Order 3.</summary>
internal readonly struct Order3 : ISplineOrder
{
    public static int Value => 3;
}

/// <summary>Order 4.</summary>
internal readonly struct Order4 : ISplineOrder
{
    public static int Value => 4;
}

/// <summary>Order 5.</summary>
internal readonly struct Order5 : ISplineOrder
{
    public static int Value => 5;
}
