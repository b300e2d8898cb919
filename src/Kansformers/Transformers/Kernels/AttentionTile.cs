using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Transformers;

/// <summary>
/// Causal attention of one head of one sequence, from packed rows to its output and back. Queries, keys, values and a tile of attention weights stay in the
/// second-level cache; the backward pass makes all of them again (Dao et al., "FlashAttention", 2022, without its running maximum: a tile sees all its keys
/// at once).
/// </summary>
internal sealed unsafe class AttentionTile<TSimd> : IDisposable
    where TSimd : struct, ISimd<TSimd>
{
    // Queries that are looked at together.
    private const int Tile = 64;

    // Sums of so large exponentials are far from float32's ends.
    private const double LargestExponent = 32;

    private readonly HeadLayout _layout;
    private readonly RotaryTable _table;

    // Rows that are normed have a norm of at most √size, so that no product of two is above size: exponentials need no shift.
    private readonly bool _isBounded;
    private readonly int _tokens, _rows, _columns;
    private readonly NativeFloats _memory;
    private readonly Matrix _queries, _keys, _values, _keysAcross, _valuesAcross, _weights;
    private readonly Matrix _upstream, _weightGradients, _keyGradients, _valueGradients;

    /// <param name="layout">The heads.</param>
    /// <param name="tokens">The length of the sequence.</param>
    /// <param name="backward">Whether gradients will be asked for.</param>
    public AttentionTile(HeadLayout layout, int tokens, bool backward)
    {
        (_layout, _tokens, _isBounded) = (layout, tokens, layout.Norm && Math.Abs(layout.Scale) * layout.Size <= LargestExponent);
        int block = 2 * TSimd.Count;
        (_rows, _columns) = (Up(tokens, block), Up(layout.Size, block));
        _table = RotaryTable.Of(layout.Past + tokens, layout.Size);
        long along = (long)_rows * _columns, weights = (long)Math.Min(Tile, _rows) * _rows;
        _memory = new NativeFloats((backward ? 8 : 4) * along + (backward ? 2 : 1) * weights);
        new Span<float>(_memory.Pointer, checked((int)_memory.Count)).Clear(); // rows and columns that fill up stay zero
        float* next = _memory.Pointer;
        (_queries, _keys, _values, _keysAcross) = (Take(along, _columns), Take(along, _columns), Take(along, _columns), Take(along, _rows));
        _weights = Take(weights, _rows);
        if (!backward)
            return;
        (_valuesAcross, _upstream) = (Take(along, _rows), Take(along, _columns));
        (_keyGradients, _valueGradients) = (Take(along, _columns), Take(along, _columns));
        _weightGradients = Take(weights, _rows);

        Matrix Take(long count, int stride)
        {
            Matrix taken = new(next, stride);
            next += count;
            return taken;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    /// <summary>Computes the head's part of the output.</summary>
    /// <param name="packed">The sequence's packed rows from the head's first query on, (tokens, 3 · heads · size).</param>
    /// <param name="to">The sequence's output from the head's first value on, (tokens, heads · size).</param>
    public void Forward(Matrix packed, Matrix to)
    {
        Unpack(packed);
        float* sums = stackalloc float[Tile];
        float* rows = stackalloc float[TileProduct.Rows * _columns];
        Matrix output = new(rows, _columns);
        for (int from = 0; from < _tokens; from += Tile)
        {
            int count = Math.Min(Tile, _rows - from);
            Weights(from, count, sums, normalise: false);
            for (int row = 0; row < count && from + row < _tokens; row += TileProduct.Rows)
            {
                TileProduct.Plain<TSimd>(_weights.From(row, 0), _values, from + row + TileProduct.Rows, output, _columns);
                for (int at = 0; at < TileProduct.Rows && from + row + at < _tokens; at++)
                    Kan.VectorMath.Scale(output.At(at, 0), sums[row + at], to.At(from + row + at, 0), _layout.Size);
            }
        }
    }

    /// <summary>Computes the head's part of the gradient of the packed rows.</summary>
    /// <param name="packed">As in <see cref="Forward"/>.</param>
    /// <param name="upstream">The gradient of the output from the head's first value on, (tokens, heads · size).</param>
    /// <param name="to">The gradient of the packed rows from the head's first query on.</param>
    public void Backward(Matrix packed, Matrix upstream, Matrix to)
    {
        Unpack(packed);
        Kan.Transposition.Run(_values.At(0, 0), _columns, _rows, _columns, _valuesAcross.At(0, 0), _rows);
        for (int token = 0; token < _tokens; token++)
            Copy(upstream.At(token, 0), _upstream.At(token, 0), _layout.Size);
        new Span<float>(_keyGradients.At(0, 0), _rows * _columns).Clear();
        new Span<float>(_valueGradients.At(0, 0), _rows * _columns).Clear();
        float* sums = stackalloc float[Tile];
        float* rows = stackalloc float[TileProduct.Rows * _columns];
        Matrix gradient = new(rows, _columns);
        for (int from = 0; from < _tokens; from += Tile)
        {
            int count = Math.Min(Tile, _rows - from), last = from + count;
            Weights(from, count, sums, normalise: true);
            for (int row = 0; row < count; row += TileProduct.Rows)
                TileProduct.Plain<TSimd>(_upstream.From(from + row, 0), _valuesAcross, _columns, _weightGradients.From(row, 0), Seen(from + row));
            for (int row = 0; row < count; row++)
                Softmax(_weights.At(row, 0), _weightGradients.At(row, 0), Up(from + row + 1, TSimd.Count));
            for (int key = 0; key < last; key += TileProduct.Rows)
            {
                int first = Math.Max(key, from), depth = last - first;
                Matrix weights = _weights.From(first - from, key), weightGradients = _weightGradients.From(first - from, key);
                TileProduct.AddTransposed<TSimd>(weights, _upstream.From(first, 0), depth, _valueGradients.From(key, 0), _columns);
                TileProduct.AddTransposed<TSimd>(weightGradients, _queries.From(first, 0), depth, _keyGradients.From(key, 0), _columns);
            }

            for (int row = 0; row < count && from + row < _tokens; row += TileProduct.Rows)
            {
                TileProduct.Plain<TSimd>(_weightGradients.From(row, 0), _keys, from + row + TileProduct.Rows, gradient, _columns);
                for (int at = 0; at < TileProduct.Rows && from + row + at < _tokens; at++)
                    PackRow(packed, gradient.At(at, 0), to, from + row + at, isQuery: true);
            }
        }

        for (int token = 0; token < _tokens; token++)
        {
            PackRow(packed, _keyGradients.At(token, 0), to, token, isQuery: false);
            Copy(_valueGradients.At(token, 0), to.At(token, 2 * _layout.Width), _layout.Size);
        }
    }

    private static int Up(int value, int to) => (value + to - 1) / to * to;

    private static void Copy(float* from, float* to, int count) => new ReadOnlySpan<float>(from, count).CopyTo(new Span<float>(to, count));

    // The keys that four queries from one on may see, filled up to whole blocks.
    private static int Seen(int query) => Up(query + TileProduct.Rows, 2 * TSimd.Count);

    private void Unpack(Matrix packed)
    {
        for (int token = 0; token < _tokens; token++)
        {
            HeadRows.Turn turn = new(_table, _layout.Past + token, _layout.Size / 2);
            HeadRows.Forward<TSimd>(packed.At(token, 0), turn, _layout.Norm, (float)_layout.Scale, _queries.At(token, 0));
            HeadRows.Forward<TSimd>(packed.At(token, _layout.Width), turn, _layout.Norm, 1, _keys.At(token, 0));
            Copy(packed.At(token, 2 * _layout.Width), _values.At(token, 0), _layout.Size);
        }

        Kan.Transposition.Run(_keys.At(0, 0), _columns, _rows, _columns, _keysAcross.At(0, 0), _rows);
    }

    private void PackRow(Matrix packed, float* gradient, Matrix to, int token, bool isQuery)
    {
        HeadRows.Turn turn = new(_table, _layout.Past + token, _layout.Size / 2);
        (nint column, float factor) = isQuery ? (0, (float)_layout.Scale) : (_layout.Width, 1);
        HeadRows.Backward<TSimd>(packed.At(token, column), turn, _layout.Norm, factor, gradient, to.At(token, column));
    }

    // The attention weights of a tile of queries, zeros where a query does not see; not divided by their sums, of which the reciprocals are given.
    private void Weights(int from, int count, float* sums, bool normalise)
    {
        for (int row = 0; row < count; row += TileProduct.Rows)
            TileProduct.Plain<TSimd>(_queries.From(from + row, 0), _keysAcross, _columns, _weights.From(row, 0), Seen(from + row));
        for (int row = 0; row < count; row++)
        {
            float* weights = _weights.At(row, 0);
            int seen = from + row + 1, filled = Up(seen, TSimd.Count);
            for (int key = seen; key < filled; key++)
                weights[key] = float.NegativeInfinity;
            sums[row] = 1 / Exponentials(weights, filled, _isBounded);
            for (int key = seen; key < filled; key++)
                weights[key] = 0; // exp(-∞) is not quite
            if (normalise)
                Kan.VectorMath.Scale(weights, sums[row], weights, seen);
        }
    }

    // weights = exp(weights - the largest), or exp(weights) where none can be large; their sum.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Exponentials(float* weights, int count, bool bounded)
    {
        TSimd shift = TSimd.Create(bounded ? 0 : Largest(weights, count)), sum = TSimd.Zero;
        for (int key = 0; key < count; key += TSimd.Count)
        {
            TSimd value = SimdMath.Exp(TSimd.Load(weights + key) - shift);
            TSimd.Store(value, weights + key);
            sum += value;
        }

        return TSimd.Sum(sum);
    }

    private static float Largest(float* weights, int count)
    {
        TSimd most = TSimd.Load(weights);
        for (int key = TSimd.Count; key < count; key += TSimd.Count)
            most = TSimd.MaxNative(most, TSimd.Load(weights + key));
        float* lanes = stackalloc float[TSimd.Count];
        TSimd.Store(most, lanes);
        float largest = lanes[0];
        for (int lane = 1; lane < TSimd.Count; lane++)
            largest = MathF.Max(largest, lanes[lane]);
        return largest;
    }

    // gradients = weights · (gradients - Σ weights · gradients): back through the softmax.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Softmax(float* weights, float* gradients, int count)
    {
        TSimd sum = TSimd.Zero;
        for (int key = 0; key < count; key += TSimd.Count)
            sum = TSimd.FusedMultiplyAdd(TSimd.Load(weights + key), TSimd.Load(gradients + key), sum);
        TSimd mean = TSimd.Create(TSimd.Sum(sum));
        for (int key = 0; key < count; key += TSimd.Count)
            TSimd.Store(TSimd.Load(weights + key) * (TSimd.Load(gradients + key) - mean), gradients + key);
    }
}
