using Kansformers.Kan;
using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// A model that is run token after token, without tensors: each token's logits cost one pass over the weights, at the speed of memory, and nothing is
/// allocated. It is opened for one sequence, and while it lives the model's parameters must stay as they are.
/// </summary>
internal sealed unsafe class TokenDecoder : IDisposable
{
    private readonly KeptTensors _kept = new();
    private readonly ITokenLayer _layers;
    private readonly KeyValueCache _cache;
    private readonly NativeFloats _embedded, _logits;
    private readonly float* _tokens, _positions;
    private readonly int _width;

    /// <param name="tokens">The embedding of tokens, (vocabulary, width).</param>
    /// <param name="positions">The embedding of positions, (block, width); null where positions come in otherwise.</param>
    /// <param name="layers">All that follows, up to the logits.</param>
    /// <param name="cache">The tokens before.</param>
    public TokenDecoder(Tensor tokens, Tensor? positions, ITokenLayer layers, KeyValueCache cache)
    {
        (_layers, _cache, _width) = (layers, cache, (int)tokens.shape[1]);
        _tokens = _kept.Keep(tokens);
        _positions = _kept.Keep(positions);
        (_embedded, _logits) = (new NativeFloats(_width), new NativeFloats(layers.Outputs));
    }

    /// <summary>The logits of the token that follows, (vocabulary); they hold until the next call. The cache takes the token.</summary>
    /// <param name="id">A token of the vocabulary; the cache has room for it.</param>
    public ReadOnlySpan<float> Next(int id)
    {
        new ReadOnlySpan<float>(_tokens + (nint)id * _width, _width).CopyTo(new Span<float>(_embedded.Pointer, _width));
        if (_positions is not null)
            VectorMath.Add(_positions + (nint)_cache.Length * _width, _embedded.Pointer, _width);
        _layers.Run(_embedded.Pointer, _logits.Pointer);
        _cache.Advance(1);
        return new ReadOnlySpan<float>(_logits.Pointer, _layers.Outputs);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _kept.Dispose();
        _layers.Dispose();
        _embedded.Dispose();
        _logits.Dispose();
    }
}
