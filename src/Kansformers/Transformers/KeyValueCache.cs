using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// The keys and values of the tokens that a model has seen, so that the next token costs one position instead of all.
/// Positions are absolute: a cache serves until the block is full.
/// </summary>
public sealed class KeyValueCache : IDisposable
{
    private readonly Tensor[] _keys;
    private readonly Tensor[] _values;

    /// <summary>Makes an empty cache for a model.</summary>
    /// <param name="options">The model's architecture.</param>
    /// <param name="batch">How many sequences it holds.</param>
    /// <param name="device">The model's device.</param>
    public KeyValueCache(ModelOptions options, long batch, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        long[] shape = [batch, options.Heads, options.BlockSize, options.Width / options.Heads];
        _keys = [.. Enumerable.Range(0, options.Layers).Select(_ => zeros(shape, device: device).DetachFromDisposeScope())];
        _values = [.. Enumerable.Range(0, options.Layers).Select(_ => zeros(shape, device: device).DetachFromDisposeScope())];
    }

    /// <summary>How many tokens of each sequence are held.</summary>
    public int Length { get; private set; }

    /// <summary>Forgets all tokens.</summary>
    public void Clear() => Length = 0;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor tensor in _keys.Concat(_values))
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

    /// <summary>Counts the tokens that all layers have stored.</summary>
    internal void Advance(long count) => Length += (int)count;
}
