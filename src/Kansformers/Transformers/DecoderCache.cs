using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>What a decoder that reads another text keeps from token to token: keys and values of its own tokens, and, computed once, those of the other text.</summary>
internal sealed class DecoderCache : IDisposable
{
    private readonly (Tensor Keys, Tensor Values)?[] _encoded;

    /// <param name="layers">The decoder's blocks.</param>
    /// <param name="shape">Heads, the most tokens and head size.</param>
    /// <param name="text">What the encoder has read; the cache owns it from now on.</param>
    public DecoderCache(int layers, (int Heads, int Most, int Size) shape, EncodedStates text)
    {
        Text = new EncodedStates(text.States.DetachFromDisposeScope(), text.Padding?.DetachFromDisposeScope());
        _encoded = new (Tensor, Tensor)?[layers];
        Own = new KeyValueCache(layers, shape, text.States.shape[0], text.States.device);
    }

    /// <summary>The decoder's own tokens.</summary>
    public KeyValueCache Own { get; }

    /// <summary>What the encoder has read, (B, S, C).</summary>
    public EncodedStates Text { get; private set; }

    /// <summary>A layer's keys and values of the other text.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="make">Computes them, the first time.</param>
    public (Tensor Keys, Tensor Values) Encoded(int layer, Func<(Tensor Keys, Tensor Values)> make)
    {
        if (_encoded[layer] is { } known)
            return known;
        (Tensor keys, Tensor values) = make();
        _encoded[layer] = (keys.DetachFromDisposeScope(), values.DetachFromDisposeScope());
        return (keys, values);
    }

    /// <summary>Goes on with some of the sequences and of the texts that they read.</summary>
    /// <param name="rows">Which sequences, int64: as many for each text, those of the first text first.</param>
    /// <param name="texts">Which texts, int64; null for all.</param>
    public void Select(Tensor rows, Tensor? texts)
    {
        Own.Select(rows);
        if (texts is null)
            return;
        Text = new EncodedStates(Chosen(Text.States), Text.Padding is null ? null : Chosen(Text.Padding));
        for (int layer = 0; layer < _encoded.Length; layer++)
            _encoded[layer] = _encoded[layer] is { } known ? (Chosen(known.Keys), Chosen(known.Values)) : null;

        Tensor Chosen(Tensor all)
        {
            Tensor chosen = all.index_select(0, texts).DetachFromDisposeScope();
            all.Dispose();
            return chosen;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Own.Dispose();
        Text.States.Dispose();
        Text.Padding?.Dispose();
        foreach ((Tensor Keys, Tensor Values)? pair in _encoded)
        {
            pair?.Keys.Dispose();
            pair?.Values.Dispose();
        }
    }
}
