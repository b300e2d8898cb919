using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Kansformers.Transformers;

/// <summary>Multi-head self-attention in which no token sees those after it, by libtorch's fused kernel.</summary>
internal sealed class CausalSelfAttention : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "c_attn")]
    private readonly nn.Module<Tensor, Tensor> _queryKeyValue;

    [ComponentName(Name = "c_proj")]
    private readonly nn.Module<Tensor, Tensor> _project;

    [ComponentName(Name = "resid_dropout")]
    private readonly Dropout _dropout;

    private readonly GptOptions _options;
    private readonly int _layer;

    public CausalSelfAttention(GptOptions options, LinearLayers layers, int layer)
        : base(nameof(CausalSelfAttention))
    {
        (_options, _layer) = (options, layer);
        _queryKeyValue = layers.For(KanPlacement.Attention, options.Width, 3L * options.Width);
        _project = layers.For(KanPlacement.Attention, options.Width, options.Width, residual: true);
        _dropout = nn.Dropout(options.ResidualDropout);
        RegisterComponents();
    }

    /// <summary>This part for single tokens, or null where that is not possible.</summary>
    public ITokenLayer? OpenTokens(KeyValueCache cache, long largest)
    {
        ITokenLayer? queryKeyValue = TokenDecoders.Open(_queryKeyValue, largest), project = TokenDecoders.Open(_project, largest);
        if (queryKeyValue is not null && project is not null)
            return new AttentionTokens(queryKeyValue, project, cache, _layer);
        queryKeyValue?.Dispose();
        project?.Dispose();
        return null;
    }

    public override Tensor forward(Tensor x) => forward(x, null);

    public Tensor forward(Tensor x, KeyValueCache? cache)
    {
        using var scope = NewDisposeScope();
        (long batch, long time, long width) = (x.shape[0], x.shape[1], x.shape[2]);
        Tensor[] parts = _queryKeyValue.forward(x).split(width, 2); // 3 x (B, T, C)
        Tensor q = Heads(parts[0]), k = Heads(parts[1]), v = Heads(parts[2]); // (B, heads, T, C / heads)

        int past = cache?.Length ?? 0;
        if (cache is not null)
            (k, v) = cache.Append(_layer, k, v);
        double dropout = training ? _options.AttentionDropout : 0;
        Tensor y = past == 0
            ? F.scaled_dot_product_attention(q, k, v, p: dropout, is_casual: time > 1)
            : F.scaled_dot_product_attention(q, k, v, Mask(time, past, x.device), dropout);

        y = y.transpose(1, 2).reshape(batch, time, width); // (B, T, C)
        return _dropout.forward(_project.forward(y)).MoveToOuterDisposeScope();
    }

    private Tensor Heads(Tensor x) => x.view(x.shape[0], x.shape[1], _options.Heads, -1).transpose(1, 2);

    // New token i sees the past tokens and the new ones up to itself; one new token sees all.
    private static Tensor? Mask(long time, int past, Device device) =>
        time == 1 ? null : ones(time, past + time, dtype: ScalarType.Bool, device: device).tril(past);
}
