using System.Numerics;
using Kansformers.Kan;
using Kansformers.Runtime;

namespace Kansformers.Transformers;

/// <summary>Attention of a single token to all before it, whose keys and values a cache holds, and to itself.</summary>
internal sealed unsafe class AttentionTokens : ITokenLayer
{
    private readonly ITokenLayer _queryKeyValue, _project;
    private readonly RotaryTokens? _rotary;
    private readonly KeyValueCache _cache;
    private readonly NativeFloats _memory;
    private readonly float* _projected, _scores, _mixed;
    private readonly int _layer, _heads, _size, _block;
    private readonly Action<int, int> _run;

    /// <param name="queryKeyValue">Makes query, key and value of a token.</param>
    /// <param name="project">Makes the output.</param>
    /// <param name="cache">The tokens before; it takes this one, too.</param>
    /// <param name="layer">Which layer of the cache this is.</param>
    /// <param name="rotary">Norms queries and keys and turns them by their position; null where they are taken as they come.</param>
    public AttentionTokens(ITokenLayer queryKeyValue, ITokenLayer project, KeyValueCache cache, int layer, RotaryTokens? rotary = null)
    {
        (_queryKeyValue, _project, _cache, _layer, _rotary) = (queryKeyValue, project, cache, layer, rotary);
        (_heads, _block, _size) = cache.Shape;
        int width = _heads * _size;
        _memory = new NativeFloats(4L * width + (long)_heads * _block);
        _projected = _memory.Pointer;
        _mixed = _memory.Pointer + 3 * width;
        _scores = _memory.Pointer + 4 * width;
        _run = Heads;
    }

    /// <summary>Makes a gate for each head of a token (<see cref="HeadGateFunction"/>); null for none.</summary>
    public ITokenLayer? Gates { get; init; }

    /// <inheritdoc/>
    public int Outputs => _project.Outputs;

    /// <inheritdoc/>
    public void Run(float* x, float* y)
    {
        _queryKeyValue.Run(x, _projected);
        _rotary?.Run(_projected, _cache.Length);
        Rows.Run(_heads, 2L * _size * (_cache.Length + 1), _run);
        if (Gates is not null)
            Gate(x);
        _project.Run(_mixed, y);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _queryKeyValue.Dispose();
        _project.Dispose();
        Gates?.Dispose();
        _memory.Dispose();
    }

    private void Heads(int first, int last)
    {
        int width = _heads * _size, past = _cache.Length, count = past + 1;
        float scale = _rotary is null ? 1 / MathF.Sqrt(_size) : (float)RotaryAttention.Scale(_size);
        for (int head = first; head < last; head++)
        {
            float* query = _projected + (nint)head * _size, scores = _scores + (nint)head * _block, to = _mixed + (nint)head * _size;
            float* keys = _cache.Keys(_layer) + (nint)head * _block * _size, values = _cache.Values(_layer) + (nint)head * _block * _size;
            Copy(query + width, keys + (nint)past * _size);
            Copy(query + 2 * width, values + (nint)past * _size);
            for (int t = 0; t < count; t++)
                scores[t] = scale * RowProducts.Dot(query, keys + (nint)t * _size, _size);
            float total = Softmax(scores, count);
            new Span<float>(to, _size).Clear();
            for (int t = 0; t < count; t++)
                VectorMath.AddScaled(values + (nint)t * _size, scores[t] / total, to, _size);
        }
    }

    private void Gate(float* x)
    {
        Gates!.Run(x, _scores); // which nobody needs any more
        for (int head = 0; head < _heads; head++)
        {
            float* found = _mixed + (nint)head * _size;
            VectorMath.Scale(found, HeadGateFunction.Factor(_scores[head]), found, _size);
        }
    }

    private void Copy(float* from, float* to) => new ReadOnlySpan<float>(from, _size).CopyTo(new Span<float>(to, _size));

    // exp(score - largest), and their sum; NaN stays NaN.
    private static float Softmax(float* scores, int count)
    {
        float largest = float.NegativeInfinity, total = 0;
        for (int t = 0; t < count; t++)
            largest = Math.Max(largest, scores[t]);
        int at = 0;
        for (; at + Vector<float>.Count <= count; at += Vector<float>.Count)
        {
            Vector<float> weight = Vector.Exp(Vector.Load(scores + at) - new Vector<float>(largest));
            Vector.Store(weight, scores + at);
            total += Vector.Sum(weight);
        }

        for (; at < count; at++)
            total += scores[at] = MathF.Exp(scores[at] - largest);
        return total;
    }
}
