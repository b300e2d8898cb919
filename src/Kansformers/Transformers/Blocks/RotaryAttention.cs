using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>Causal multi-head self-attention with rotary positions and QK-norm, without biases; its heads may be gated.</summary>
internal sealed class RotaryAttention : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "query_key_value")]
    private readonly nn.Module<Tensor, Tensor> _queryKeyValue;

    [ComponentName(Name = "output")]
    private readonly nn.Module<Tensor, Tensor> _output;

    [ComponentName(Name = "gates")]
    private readonly LinearLayer? _gates;

    private readonly Rotary _rotary;
    private readonly Dropout _dropout;
    private readonly HeadLayout _heads;
    private readonly KansformerOptions _options;
    private readonly int _layer;

    /// <param name="options">The model.</param>
    /// <param name="layers">Makes linear layers.</param>
    /// <param name="layer">Which block this is, from 0: its place in the cache.</param>
    public RotaryAttention(KansformerOptions options, LinearLayers layers, int layer)
        : base(nameof(RotaryAttention))
    {
        (_options, _layer) = (options, layer);
        _queryKeyValue = layers.For(KanPlacement.Attention, new LinearShape(options.Width, 3L * options.Width) { Bias = false, RowParts = 3 });
        _heads = new HeadLayout(options.Heads, options.Width / options.Heads) { Scale = Scale(options.Width / options.Heads) };
        _rotary = new Rotary(options.Heads, options.Width / options.Heads, options.BlockSize);
        _output = layers.For(KanPlacement.Attention, new LinearShape(options.Width, options.Width) { Bias = false, Residual = true });
        _gates = options.HeadGates ? layers.Linear(new LinearShape(options.Width, options.Heads) { Bias = false, Residual = true }) : null;
        _dropout = nn.Dropout(options.ResidualDropout);
        RegisterComponents();
    }

    /// <summary>What products of queries and keys are multiplied by, for heads of this size.</summary>
    public static double Scale(int size) => 1 / Math.Sqrt(size);

    /// <summary>This part for single tokens, or null where that is not possible.</summary>
    public ITokenLayer? OpenTokens(KeyValueCache cache, long largest)
    {
        ITokenLayer? queryKeyValue = TokenDecoders.Open(_queryKeyValue, largest), output = TokenDecoders.Open(_output, largest);
        ITokenLayer? gates = _gates is null ? null : TokenDecoders.Open(_gates, largest);
        if (queryKeyValue is not null && output is not null && gates is null == _gates is null)
            return new AttentionTokens(queryKeyValue, output, cache, _layer, new RotaryTokens(cache.Shape)) { Gates = gates };
        Array.ForEach([queryKeyValue, output, gates], part => part?.Dispose());
        return null;
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor x) => forward(x, null);

    /// <summary>Attention of new tokens to those of a cache, which takes them, and to each other.</summary>
    /// <param name="x">(B, T, C).</param>
    /// <param name="cache">The tokens before; null for none.</param>
    public Tensor forward(Tensor x, KeyValueCache? cache)
    {
        using var scope = NewDisposeScope();
        int past = cache?.Length ?? 0;
        Tensor packed = _queryKeyValue.forward(x); // (B, T, 3 C)
        double dropout = training ? _options.AttentionDropout : 0;
        if (cache is null && dropout == 0 && AttentionFunction.Fits(packed))
            return Out(AttentionFunction.Apply(packed, _heads), x).MoveToOuterDisposeScope();
        (Tensor q, Tensor k, Tensor v) = _rotary.call(packed, past); // each (B, heads, T, C / heads)
        double scale = Scale((int)q.shape[^1]), torchs = 1 / Math.Sqrt(q.shape[^1]);
        if (scale != torchs)
            q = q * (scale / torchs);
        if (cache is not null)
            (k, v) = cache.Append(_layer, k, v);
        return Out(SelfAttention.Attend(q, k, v, past, new AttentionPass(dropout, Causal: true)), x).MoveToOuterDisposeScope();
    }

    private Tensor Out(Tensor found, Tensor x) =>
        _dropout.forward(_output.forward(_gates is null ? found : HeadGateFunction.Apply(_gates.forward(x), found)));
}
