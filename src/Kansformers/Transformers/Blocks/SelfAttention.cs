using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Kansformers.Transformers;

/// <summary>The sizes of self-attention.</summary>
internal sealed record AttentionOptions
{
    /// <summary>The size of the hidden state.</summary>
    public required int Width { get; init; }

    /// <summary>The number of heads; it divides the width.</summary>
    public required int Heads { get; init; }

    /// <summary>Whether no token sees those after it.</summary>
    public bool Causal { get; init; } = true;

    /// <summary>The share of attention weights dropped in training.</summary>
    public double Dropout { get; init; }

    /// <summary>The share of output values dropped in training.</summary>
    public double OutputDropout { get; init; }

    /// <summary>Whether linear layers have biases.</summary>
    public bool Bias { get; init; } = true;
}

/// <summary>Multi-head self-attention by libtorch's fused kernel.</summary>
internal sealed class SelfAttention : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "c_attn")]
    private readonly nn.Module<Tensor, Tensor> _queryKeyValue;

    [ComponentName(Name = "c_proj")]
    private readonly nn.Module<Tensor, Tensor> _project;

    [ComponentName(Name = "resid_dropout")]
    private readonly Dropout _dropout;

    private readonly AttentionOptions _options;
    private readonly int _layer;

    public SelfAttention(AttentionOptions options, LinearLayers layers, int layer)
        : base(nameof(SelfAttention))
    {
        (_options, _layer) = (options, layer);
        _queryKeyValue = layers.For(KanPlacement.Attention, new LinearShape(options.Width, 3L * options.Width) { Bias = options.Bias, RowParts = 3 });
        _project = layers.For(KanPlacement.Attention, new LinearShape(options.Width, options.Width) { Bias = options.Bias, Residual = true });
        _dropout = nn.Dropout(options.OutputDropout);
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

    /// <summary>Attention of new tokens to those of a cache, which takes them, and to each other.</summary>
    /// <param name="x">(B, T, C).</param>
    /// <param name="cache">The tokens before; null for none.</param>
    /// <param name="mask">Without a cache, what is added to the products of queries and keys, to be broadcast to (B, heads, T, T); null for nothing.</param>
    public Tensor forward(Tensor x, KeyValueCache? cache, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        Tensor[] parts = _queryKeyValue.forward(x).split(x.shape[2], 2); // 3 x (B, T, C)
        Tensor q = Heads(parts[0]), k = Heads(parts[1]), v = Heads(parts[2]); // (B, heads, T, C / heads)

        int past = cache?.Length ?? 0;
        if (cache is not null)
            (k, v) = cache.Append(_layer, k, v);
        Tensor y = Attend(q, k, v, past, new AttentionPass(training ? _options.Dropout : 0, _options.Causal, mask));
        return _dropout.forward(_project.forward(y)).MoveToOuterDisposeScope();
    }

    private Tensor Heads(Tensor x) => x.view(x.shape[0], x.shape[1], _options.Heads, -1).transpose(1, 2);

    /// <summary>Attention by libtorch's fused kernel.</summary>
    /// <param name="q">The queries of new tokens, (B, heads, T, size).</param>
    /// <param name="k">The keys of all tokens, (B, heads, past + T, size).</param>
    /// <param name="v">The values of all tokens.</param>
    /// <param name="past">How many of them come before the new ones; where there are any, no new token sees those after it.</param>
    /// <param name="how">What else there is to it.</param>
    /// <returns>(B, T, heads · size).</returns>
    internal static Tensor Attend(Tensor q, Tensor k, Tensor v, int past, AttentionPass how)
    {
        using var scope = NewDisposeScope();
        long time = q.shape[2];
        bool causal = how.Causal && time > 1;
        Tensor? added = causal && how.Mask is not null ? how.Mask.masked_fill(Mask(time, 0, q.device)!.logical_not(), PaddingMask.Least(q.dtype)) : how.Mask;
        Tensor y = past == 0
            ? F.scaled_dot_product_attention(q, k, v, added, how.Dropout, causal && added is null)
            : F.scaled_dot_product_attention(q, k, v, Mask(time, past, q.device), how.Dropout);
        return y.transpose(1, 2).flatten(2).MoveToOuterDisposeScope();
    }

    // New token i sees the past tokens and the new ones up to itself; one new token sees all.
    private static Tensor? Mask(long time, int past, Device device) =>
        time == 1 ? null : ones(time, past + time, dtype: ScalarType.Bool, device: device).tril(past);
}

/// <summary>How attention is computed.</summary>
/// <param name="Dropout">The share of attention weights that is dropped.</param>
/// <param name="Causal">Whether no token sees those after it.</param>
/// <param name="Mask">What is added to the products of queries and keys, where all tokens are new; null for nothing.</param>
internal readonly record struct AttentionPass(double Dropout, bool Causal, Tensor? Mask = null);
