using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// Multi-head attention of one text to another, which an encoder has read (Vaswani et al., "Attention Is All You Need", 2017): queries come from the first, keys and
/// values from the second.
/// </summary>
internal sealed class CrossAttention : nn.Module
{
    [ComponentName(Name = "c_q")]
    private readonly nn.Module<Tensor, Tensor> _query;

    [ComponentName(Name = "c_kv")]
    private readonly nn.Module<Tensor, Tensor> _keyValue;

    [ComponentName(Name = "c_proj")]
    private readonly nn.Module<Tensor, Tensor> _project;

    [ComponentName(Name = "resid_dropout")]
    private readonly Dropout _dropout;

    private readonly AttentionOptions _options;
    private readonly int _layer;

    public CrossAttention(AttentionOptions options, LinearLayers layers, int layer)
        : base(nameof(CrossAttention))
    {
        (_options, _layer) = (options, layer);
        _query = layers.For(KanPlacement.Attention, new LinearShape(options.Width, options.Width) { Bias = options.Bias });
        _keyValue = layers.For(KanPlacement.Attention, new LinearShape(options.Width, 2L * options.Width) { Bias = options.Bias, RowParts = 2 });
        _project = layers.For(KanPlacement.Attention, new LinearShape(options.Width, options.Width) { Bias = options.Bias, Residual = true });
        _dropout = nn.Dropout(options.OutputDropout);
        RegisterComponents();
    }

    /// <param name="x">(N, T, C): of each text of the encoder as many rows as of the next, one after the other.</param>
    /// <param name="encoded">What the encoder has read, (B, S, C).</param>
    /// <param name="cache">Keeps the encoder's keys and values; null to compute them anew.</param>
    /// <returns>(N, T, C).</returns>
    public Tensor forward(Tensor x, EncodedStates encoded, DecoderCache? cache)
    {
        using var scope = NewDisposeScope();
        (Tensor k, Tensor v) = cache?.Encoded(_layer, () => KeysAndValues(encoded.States)) ?? KeysAndValues(encoded.States);

        // Rows that read the same text are so many more queries of it: its keys and values need not be repeated for them.
        long texts = k.shape[0];
        Tensor q = _query.forward(x).reshape(texts, -1, _options.Heads, x.shape[2] / _options.Heads).transpose(1, 2); // (B, heads, N / B · T, size)
        Tensor y = SelfAttention.Attend(q, k, v, 0, new AttentionPass(training ? _options.Dropout : 0, Causal: false, encoded.Padding)); // (B, N / B · T, C)
        return _dropout.forward(_project.forward(y.reshape(x.shape))).MoveToOuterDisposeScope();
    }

    private (Tensor Keys, Tensor Values) KeysAndValues(Tensor states)
    {
        using var scope = NewDisposeScope();
        Tensor[] parts = _keyValue.forward(states).split(states.shape[2], 2); // 2 x (B, S, C)
        Tensor[] heads = [.. parts.Select(part => part.view(part.shape[0], part.shape[1], _options.Heads, -1).transpose(1, 2))];
        return (heads[0].MoveToOuterDisposeScope(), heads[1].MoveToOuterDisposeScope());
    }
}

/// <summary>What an encoder has made of texts.</summary>
/// <param name="States">Its last hidden states, (B, S, C).</param>
/// <param name="Padding">A <see cref="PaddingMask"/> of them; null where no text is padded.</param>
internal sealed record EncodedStates(Tensor States, Tensor? Padding);
