using Kansformers.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// The keys and values of the tokens that a model has seen, and whatever else its layers keep of them, so that the next token costs one position instead of all.
/// Positions are absolute: a cache serves until the block is full.
/// </summary>
public sealed class KeyValueCache : IDisposable
{
    private readonly Tensor[] _keys;
    private readonly Tensor[] _values;
    private readonly Dictionary<(int Layer, int Slot), Tensor> _states = [];

    /// <summary>Makes an empty cache for a model.</summary>
    /// <param name="options">The model's architecture.</param>
    /// <param name="batch">How many sequences it holds.</param>
    /// <param name="device">The model's device.</param>
    public KeyValueCache(ModelOptions options, long batch, Device? device = null)
        : this(options?.Layers ?? throw new ArgumentNullException(nameof(options)), (options.Heads, options.BlockSize, options.Width / options.Heads), batch, device)
    {
    }

    /// <summary>As above, for as many layers of such a shape.</summary>
    internal KeyValueCache(int layers, (int Heads, int Most, int Size) shape, long batch, Device? device)
    {
        Shape = shape;
        _keys = [.. Enumerable.Range(0, layers).Select(_ => Empty(shape, batch, device))];
        _values = [.. Enumerable.Range(0, layers).Select(_ => Empty(shape, batch, device))];
    }

    /// <summary>How many tokens of each sequence are held.</summary>
    public int Length { get; private set; }

    /// <summary>Forgets all tokens.</summary>
    public void Clear()
    {
        Length = 0;
        foreach (Tensor state in _states.Values)
            state.zero_();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor tensor in _keys.Concat(_values).Concat(_states.Values))
            tensor.Dispose();
    }

    /// <summary>Stores the new tokens' keys and values of one layer, (B, heads, T, head size), and returns those of all tokens so far.</summary>
    internal (Tensor Keys, Tensor Values) Append(int layer, Tensor keys, Tensor values)
    {
        long count = keys.shape[2];
        _keys[layer].narrow(2, Length, count).copy_(keys);
        _values[layer].narrow(2, Length, count).copy_(values);
        return (_keys[layer].narrow(2, 0, Length + count), _values[layer].narrow(2, 0, Length + count));
    }

    /// <summary>
    /// What a layer keeps of the tokens beside keys and values: zeros before the first. Whoever takes tokens writes it anew in the same pass.
    /// </summary>
    /// <param name="layer">The block of the model.</param>
    /// <param name="slot">Which of the block's states.</param>
    /// <param name="rows">The state's rows of one sequence.</param>
    /// <param name="width">Their width.</param>
    /// <returns>(B, rows, width); the cache's own.</returns>
    internal Tensor State(int layer, int slot, long rows, long width)
    {
        if (!_states.TryGetValue((layer, slot), out Tensor? state))
            _states[(layer, slot)] = state = zeros([_keys[0].shape[0], rows, width], device: _keys[0].device).DetachFromDisposeScope();
        return state;
    }

    /// <summary>Goes on with some of the sequences, in this order; one can go on as several.</summary>
    /// <param name="rows">Which sequences, int64, (rows).</param>
    internal void Select(Tensor rows)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        bool asMany = rows.shape[0] == _keys[0].shape[0];
        foreach (Tensor[] tensors in (Tensor[][])[_keys, _values])
        {
            for (int layer = 0; layer < tensors.Length; layer++)
            {
                Tensor chosen = tensors[layer].narrow(2, 0, Length).index_select(0, rows);
                if (!asMany)
                {
                    Tensor wider = Empty(Shape, rows.shape[0], tensors[layer].device);
                    tensors[layer].Dispose();
                    tensors[layer] = wider;
                }

                tensors[layer].narrow(2, 0, Length).copy_(chosen);
            }
        }

        foreach ((int Layer, int Slot) key in _states.Keys.ToArray())
        {
            Tensor chosen = _states[key].index_select(0, rows).DetachFromDisposeScope();
            _states[key].Dispose();
            _states[key] = chosen;
        }
    }

    private static Tensor Empty((int Heads, int Most, int Size) shape, long batch, Device? device) =>
        zeros([batch, shape.Heads, shape.Most, shape.Size], device: device).DetachFromDisposeScope();

    /// <summary>Heads, the most tokens and head size.</summary>
    internal (int Heads, int Most, int Size) Shape { get; }

    /// <summary>Whether a single sequence lies in the CPU's memory, as <see cref="Keys"/> and <see cref="Values"/> give it.</summary>
    internal bool IsPlain => _keys.Concat(_values).All(one => one.device_type == DeviceType.CPU && one.dtype == ScalarType.Float32 && one.shape[0] == 1);

    /// <summary>A layer's keys, (heads, most tokens, head size).</summary>
    internal unsafe float* Keys(int layer) => (float*)RawMemory.Pointer(_keys[layer]);

    /// <summary>A layer's values, (heads, most tokens, head size).</summary>
    internal unsafe float* Values(int layer) => (float*)RawMemory.Pointer(_values[layer]);

    /// <summary>Counts the tokens that all layers have stored.</summary>
    internal void Advance(long count) => Length += (int)count;
}
