using System.Text.Json.Serialization;
using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Kansformers.Transformers;

/// <summary>Which half of an encoder-decoder has KAN layers, where the placement puts any.</summary>
public enum KanSide
{
    /// <summary>Encoder and decoder.</summary>
    Both,

    /// <summary>The encoder alone.</summary>
    Encoder,

    /// <summary>The decoder alone, and the head, which is behind it.</summary>
    Decoder,
}

/// <summary>
/// The architecture of a <see cref="Bart"/>. <see cref="ModelOptions.Layers"/> and <see cref="ModelOptions.Heads"/> are the encoder's. The defaults are the preset bart-tiny with
/// linear layers and BART's vocabulary.
/// </summary>
public sealed record BartOptions : ModelOptions
{
    /// <summary>Two layers of width 128 on each side.</summary>
    public BartOptions() => (Layers, Heads, Width, BlockSize, VocabularySize, Placement) = (2, 2, 128, 1024, 50265, KanPlacement.None);

    /// <summary>The number of the decoder's blocks; 0 for as many as the encoder has.</summary>
    public int DecoderLayers { get; init; }

    /// <summary>The number of the decoder's attention heads, which divides the width; 0 for as many as the encoder has.</summary>
    public int DecoderHeads { get; init; }

    /// <summary>The width between the two layers of the encoder's feed-forward parts; 0 for 4 times the model's.</summary>
    public int Inner { get; init; }

    /// <summary>As <see cref="Inner"/>, of the decoder; 0 for as wide as the encoder's.</summary>
    public int DecoderInner { get; init; }

    /// <summary>What stands between the two layers of a feed-forward part, where they are linear.</summary>
    public BaseActivation Activation { get; init; } = BaseActivation.Gelu;

    /// <summary>The share of values dropped behind that activation in training, 0 to below 1.</summary>
    public double ActivationDropout { get; init; }

    /// <summary>Whether the vectors of tokens are multiplied by the square root of the width.</summary>
    public bool ScaledEmbedding { get; init; }

    /// <summary>Which half has KAN layers.</summary>
    public KanSide KanSide { get; init; }

    /// <summary>Whether logits are products with the token embedding, as the original's, or with a matrix of their own; nothing to a head that is a KAN.</summary>
    public bool TiedHead { get; init; } = true;

    /// <summary>The token that fills up short sequences; its embedding is not learned by being looked up.</summary>
    public int PaddingId { get; init; } = 1;

    /// <summary>The token that the decoder reads first.</summary>
    public int StartId { get; init; } = 2;

    /// <summary>The token that ends a text.</summary>
    public int EndId { get; init; } = 2;

    /// <summary>The decoder's blocks.</summary>
    [JsonIgnore]
    public int DecoderDepth => DecoderLayers > 0 ? DecoderLayers : Layers;

    /// <summary>The heads of the decoder's attention.</summary>
    [JsonIgnore]
    public int DecoderHeadCount => DecoderHeads > 0 ? DecoderHeads : Heads;

    /// <summary>The width between the two layers of a feed-forward part of the encoder.</summary>
    [JsonIgnore]
    public int InnerWidth => Inner > 0 ? Inner : 4 * Width;

    /// <summary>The width between the two layers of a feed-forward part of the decoder.</summary>
    [JsonIgnore]
    public int DecoderInnerWidth => DecoderInner > 0 ? DecoderInner : InnerWidth;

    /// <summary>Which layers of a side are KANs.</summary>
    internal KanPlacement PlacementOf(KanSide side) => KanSide == KanSide.Both || KanSide == side ? Placement : KanPlacement.None;

    /// <inheritdoc/>
    public override ModelOptions WithDropout(double share) => (BartOptions)base.WithDropout(share) with { ActivationDropout = share };

    /// <inheritdoc/>
    public override IReadOnlyList<OptionDetail> Details()
    {
        bool onlyKan = !HasActivation && KanSide == KanSide.Both, kanHead = PlacementOf(KanSide.Decoder).HasFlag(KanPlacement.Head);
        string inner = DecoderInnerWidth == InnerWidth ? $"{InnerWidth}" : $"{InnerWidth} and {DecoderInnerWidth}";
        return
        [
            new OptionDetail("decoder_layers", DecoderDepth, $"{Layers} layers of the encoder, {DecoderDepth} of the decoder"),
            new OptionDetail("decoder_heads", DecoderHeadCount, DecoderHeadCount == Heads ? null : $"{DecoderHeadCount} heads of the decoder"),
            new OptionDetail("inner", InnerWidth, $"feed-forward {inner} wide{(onlyKan ? "" : $" ({Activation}{ActivationWords})")}"),
            new OptionDetail("decoder_inner", DecoderInnerWidth, null),
            new OptionDetail("activation", onlyKan ? null : Activation.ToString(), null),
            new OptionDetail("scaled_embedding", ScaledEmbedding, ScaledEmbedding ? "scaled embedding" : null),
            new OptionDetail("kan_side", Placement == KanPlacement.None ? null : KanSide.ToString().ToLowerInvariant(), Placement == KanPlacement.None || KanSide == KanSide.Both ? null : $"KAN layers in the {KanSide.ToString().ToLowerInvariant()} alone"),
            new OptionDetail("tied_head", kanHead ? null : TiedHead, kanHead || !TiedHead ? null : "logits tied to the token embedding"),
        ];
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require(DecoderLayers >= 0, "decoder layers", DecoderLayers, "at least 1, or 0 for as many as the encoder has");
        Require(DecoderHeads >= 0, "decoder heads", DecoderHeads, "at least 1, or 0 for as many as the encoder has");
        if (Width % DecoderHeadCount != 0)
            throw new KansformersException($"decoder heads is {DecoderHeadCount}, which does not divide embd {Width}; choose heads that divide it");
        Require(Inner >= 0, "inner", Inner, "at least 1, or 0 for 4 times the width");
        Require(DecoderInner >= 0, "decoder inner", DecoderInner, "at least 1, or 0 for as wide as the encoder's");
        Require(Enum.IsDefined(Activation), "activation", (int)Activation, "one of BaseActivation");
        Require(ActivationDropout is >= 0 and < 1, "activation dropout", ActivationDropout, "0 to below 1");
        Require(Enum.IsDefined(KanSide), "kan side", (int)KanSide, "both, encoder or decoder");
        Require(PaddingId >= 0, "padding id", PaddingId, "at least 0");
        Require(StartId >= 0, "start id", StartId, "at least 0");
        Require(EndId >= 0, "end id", EndId, "at least 0");
        if (PlacementOf(KanSide.Encoder).HasFlag(KanPlacement.Mlp))
            Kan.Sharing.FunctionsOf(InnerWidth);
        if (PlacementOf(KanSide.Decoder).HasFlag(KanPlacement.Mlp))
            Kan.Sharing.FunctionsOf(DecoderInnerWidth);
    }
}

/// <summary>
/// An encoder that reads a text from both sides, and a decoder that writes another one from left to right (Lewis et al., "BART: Denoising Sequence-to-Sequence Pre-training
/// for Natural Language Generation, Translation, and Comprehension", 2020). Its linear layers are KANs where <see cref="ModelOptions.Placement"/> and
/// <see cref="BartOptions.KanSide"/> say so.
/// </summary>
public sealed class Bart : TransformerModel
{
    [ComponentName(Name = "tokens")]
    private readonly Embedding _tokens;

    [ComponentName(Name = "encoder")]
    private readonly Encoder _encoder;

    [ComponentName(Name = "decoder")]
    private readonly Decoder _decoder;

    [ComponentName(Name = "head")]
    private readonly nn.Module<Tensor, Tensor> _head;

    private readonly BartOptions _options;

    /// <summary>Creates a model with random weights from torch's global generator.</summary>
    /// <param name="options">The architecture.</param>
    /// <param name="device">Where the parameters are made; null is the CPU.</param>
    /// <exception cref="KansformersException">An option is invalid, or names a token that the vocabulary does not have; the message names it.</exception>
    public Bart(BartOptions options, Device? device = null)
        : base(nameof(Bart), options)
    {
        _options = options;
        foreach ((string name, int id) in ((string, int)[])[("padding", options.PaddingId), ("start", options.StartId), ("end", options.EndId)])
        {
            if (id >= options.VocabularySize)
                throw new KansformersException($"{name} id is {id}; it must be a token of the vocabulary, 0 to {options.VocabularySize - 1}");
        }

        LinearLayers encoder = Layers(KanSide.Encoder), decoder = Layers(KanSide.Decoder);
        _tokens = encoder.Embedding(options.VocabularySize, options.Width);
        _encoder = new Encoder(options, encoder);
        _decoder = new Decoder(options, decoder);
        _head = options.TiedHead && !decoder.IsKan(KanPlacement.Head) ? new TiedHead(_tokens)
            : decoder.For(KanPlacement.Head, new LinearShape(options.Width, options.VocabularySize) { Bias = false });
        RegisterComponents();
        register_buffer(LogitsBias, zeros(1, options.VocabularySize, device: device).DetachFromDisposeScope());

        // All weights alike, at whatever depth.
        LinearLayers Layers(KanSide side) => new(options with { Placement = options.PlacementOf(side) }, device) { Deviation = _ => InitialDeviation };
    }

    private const double InitialDeviation = 0.02;

    // What is added to the logits: of the published models zeros, which nothing learns, and which their files hold.
    private const string LogitsBias = "logits_bias";

    /// <inheritdoc/>
    protected internal override nn.Module<Tensor, Tensor> Head => _head;

    /// <summary>The logits where the decoder reads the same tokens as the encoder, one place to the right.</summary>
    /// <param name="idx">Token ids, int64, (B, T) with T at most the block size.</param>
    /// <returns>(B, T, vocabulary).</returns>
    /// <exception cref="ArgumentException">The sequence is longer than the block size, or not (B, T).</exception>
    public override Tensor forward(Tensor idx)
    {
        using var scope = NewDisposeScope();
        RequireText(idx, null, nameof(idx));
        return forward(idx, ShiftRight(idx)).MoveToOuterDisposeScope();
    }

    /// <summary>The logits of the next token at every place of what the decoder reads.</summary>
    /// <param name="idx">What the encoder reads: token ids, int64, (B, S) with S at most the block size.</param>
    /// <param name="decoder">What the decoder reads: token ids, int64, (B, L) with L at most the block size.</param>
    /// <param name="mask">Zero where the encoder's texts are padded, (B, S); null where none is.</param>
    /// <param name="decoderMask">Zero where the decoder's are, (B, L); null where none is.</param>
    /// <returns>(B, L, vocabulary).</returns>
    /// <exception cref="ArgumentException">A tensor has a wrong shape.</exception>
    public Tensor forward(Tensor idx, Tensor decoder, Tensor? mask = null, Tensor? decoderMask = null)
    {
        using var scope = NewDisposeScope();
        return Logits(Decoded(idx, decoder, mask, decoderMask)).MoveToOuterDisposeScope();
    }

    /// <summary>The encoder's last hidden state of every token.</summary>
    /// <param name="idx">Token ids, int64, (B, S) with S at most the block size.</param>
    /// <param name="mask">Zero where a sequence is padded, (B, S); null where none is.</param>
    /// <returns>(B, S, width).</returns>
    /// <exception cref="ArgumentException">A tensor has a wrong shape.</exception>
    public Tensor Encode(Tensor idx, Tensor? mask = null)
    {
        RequireText(idx, mask, nameof(idx));
        using var scope = NewDisposeScope();
        return _encoder.forward(Embedded(idx), mask is null ? null : PaddingMask.Of(mask, Type)).MoveToOuterDisposeScope();
    }

    /// <summary>What the decoder reads to write some tokens: these one place to the right, behind <see cref="BartOptions.StartId"/>; padding where they are -1.</summary>
    /// <param name="targets">int64, (B, L).</param>
    /// <returns>int64, (B, L).</returns>
    public Tensor ShiftRight(Tensor targets)
    {
        ArgumentNullException.ThrowIfNull(targets);
        using var scope = NewDisposeScope();
        Tensor start = full([targets.shape[0], 1], _options.StartId, dtype: ScalarType.Int64, device: targets.device);
        Tensor moved = cat([start, targets[.., ..^1]], 1);
        return moved.masked_fill_(moved.eq(CrossEntropyRows.Ignored), _options.PaddingId).MoveToOuterDisposeScope();
    }

    /// <summary>The mean cross-entropy of the targets, in nats per token.</summary>
    /// <param name="batch">What the encoder reads, (B, S), and what the decoder is to write, (B, L); -1 does not count.</param>
    /// <param name="share">Multiplies the loss and so all gradients: 1 / n for each of n batches that make up a step.</param>
    /// <returns>A scalar, differentiable in the parameters; 0 where no target counts.</returns>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, or a target is outside the vocabulary.</exception>
    public override Tensor Loss(TokenBatch batch, double share = 1)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using var scope = NewDisposeScope();
        RequireText(batch.Targets, null, "targets");
        if (batch.Targets.lt(CrossEntropyRows.Ignored).any().item<bool>() || batch.Targets.ge(Options.VocabularySize).any().item<bool>())
            throw new ArgumentException($"a target is outside the vocabulary of {Options.VocabularySize}", nameof(batch));
        Tensor hidden = Decoded(batch.Tokens, batch.DecoderTokens ?? ShiftRight(batch.Targets), batch.Mask, batch.DecoderMask);
        if (hidden.shape[1] != batch.Targets.shape[1])
            throw new ArgumentException($"there are {batch.Targets.shape[1]} targets for {hidden.shape[1]} tokens of the decoder", nameof(batch));
        if (!batch.Targets.ne(CrossEntropyRows.Ignored).any().item<bool>())
            return (hidden.sum() * 0).MoveToOuterDisposeScope();
        if (!HasLogitsBias)
            return HeadLoss.Compute(_head, hidden, batch.Targets, share).MoveToOuterDisposeScope();
        return (F.cross_entropy(Logits(hidden).flatten(0, 1), batch.Targets.reshape(-1), ignore_index: CrossEntropyRows.Ignored) * share).MoveToOuterDisposeScope();
    }

    /// <summary>Reads texts that are to be answered token by token.</summary>
    /// <param name="idx">Token ids, int64, (B, S) with S at most the block size.</param>
    /// <param name="mask">Zero where a sequence is padded, (B, S); null where none is.</param>
    internal DecoderCache Open(Tensor idx, Tensor? mask)
    {
        Tensor states = Encode(idx, mask);
        return new DecoderCache(_options.DecoderDepth, (_options.DecoderHeadCount, _options.BlockSize, _options.Width / _options.DecoderHeadCount), new EncodedStates(states, mask is null ? null : PaddingMask.Of(mask, Type)));
    }

    /// <summary>The logits of the token behind the last of those that the decoder reads next.</summary>
    /// <param name="idx">int64, (N, T): as many rows for each text of the cache.</param>
    /// <param name="cache">The tokens before; it takes these, too.</param>
    /// <returns>(N, vocabulary).</returns>
    internal Tensor Next(Tensor idx, DecoderCache cache)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = _decoder.forward(Embedded(idx), cache.Text, cache, null);
        cache.Own.Advance(idx.shape[1]);
        return Logits(hidden.select(1, -1)).MoveToOuterDisposeScope();
    }

    private ScalarType Type => _tokens.weight!.dtype;

    private bool HasLogitsBias => get_buffer(LogitsBias)!.ne(0).any().item<bool>();

    private Tensor Logits(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        Tensor logits = _head.forward(hidden);
        return (HasLogitsBias ? logits + get_buffer(LogitsBias)!.select(0, 0) : logits).MoveToOuterDisposeScope();
    }

    // (B, L, width).
    private Tensor Decoded(Tensor idx, Tensor decoder, Tensor? mask, Tensor? decoderMask)
    {
        RequireText(decoder, decoderMask, nameof(decoder));
        Tensor states = Encode(idx, mask);
        if (idx.shape[0] != decoder.shape[0])
            throw new ArgumentException($"the encoder reads {idx.shape[0]} texts, the decoder {decoder.shape[0]}", nameof(decoder));
        EncodedStates text = new(states, mask is null ? null : PaddingMask.Of(mask, Type));
        return _decoder.forward(Embedded(decoder), text, null, decoderMask is null ? null : PaddingMask.Of(decoderMask, Type));
    }

    private Tensor Embedded(Tensor idx)
    {
        using var scope = NewDisposeScope();
        Tensor x = PaddedEmbedding.Apply(idx, _tokens, _options.PaddingId);
        return (_options.ScaledEmbedding ? x * Math.Sqrt(_options.Width) : x).MoveToOuterDisposeScope();
    }

    private void RequireText(Tensor idx, Tensor? mask, string name)
    {
        ArgumentNullException.ThrowIfNull(idx, name);
        if (idx.dim() != 2 || idx.shape[1] < 1 || idx.shape[1] > Options.BlockSize)
            throw new ArgumentException($"token ids of shape ({string.Join(", ", idx.shape)}) do not fit the block size {Options.BlockSize}", name);
        if (mask is not null && !mask.shape.SequenceEqual(idx.shape))
            throw new ArgumentException($"the mask has the shape ({string.Join(", ", mask.shape)}), the token ids ({string.Join(", ", idx.shape)})", name);
    }

    /// <summary>What both sides begin with: positions, a norm, dropout.</summary>
    private abstract class Side : nn.Module
    {
        // The published models left the first two rows to padding.
        public const int FirstPosition = 2;

        [ComponentName(Name = "positions")]
        private protected readonly Embedding _positions; // what is private in a base class would not be registered

        [ComponentName(Name = "norm")]
        private protected readonly LayerNorm _norm;

        [ComponentName(Name = "dropout")]
        private protected readonly Dropout _dropout;

        protected Side(string name, BartOptions options, LinearLayers layers)
            : base(name)
        {
            _positions = layers.Embedding(options.BlockSize + FirstPosition, options.Width);
            _norm = layers.Norm(options.Width);
            _dropout = nn.Dropout(options.EmbeddingDropout);
        }

        protected Tensor Begin(Tensor tokens, int past)
        {
            using var scope = NewDisposeScope();
            Tensor positions = _positions.forward(arange(FirstPosition + past, FirstPosition + past + tokens.shape[1], dtype: ScalarType.Int64, device: tokens.device)); // (T, C)
            return _dropout.forward(_norm.forward(tokens + positions)).MoveToOuterDisposeScope();
        }

        protected static (AttentionOptions Attention, FeedForwardOptions FeedForward) Parts(BartOptions options, int heads, int inner) =>
            (new AttentionOptions { Width = options.Width, Heads = heads, Dropout = options.AttentionDropout, OutputDropout = options.ResidualDropout },
            new FeedForwardOptions { Width = options.Width, Inner = inner, Activation = options.Activation, Dropout = options.ResidualDropout, InnerDropout = options.ActivationDropout });
    }

    private sealed class Encoder : Side
    {
        [ComponentName(Name = "blocks")]
        private readonly ModuleList<PostNormBlock> _blocks;

        public Encoder(BartOptions options, LinearLayers layers)
            : base("encoder", options, layers)
        {
            (AttentionOptions attention, FeedForwardOptions feedForward) = Parts(options, options.Heads, options.InnerWidth);
            _blocks = nn.ModuleList([.. Enumerable.Range(0, options.Layers).Select(layer => new PostNormBlock(attention with { Causal = false }, feedForward, layers, layer))]);
            RegisterComponents();
        }

        public Tensor forward(Tensor tokens, Tensor? padding)
        {
            using var scope = NewDisposeScope();
            Tensor x = Begin(tokens, 0);
            foreach (PostNormBlock block in _blocks)
                x = block.forward(x, padding);
            return x.MoveToOuterDisposeScope();
        }
    }

    private sealed class Decoder : Side
    {
        [ComponentName(Name = "blocks")]
        private readonly ModuleList<DecoderBlock> _blocks;

        public Decoder(BartOptions options, LinearLayers layers)
            : base("decoder", options, layers)
        {
            (AttentionOptions attention, FeedForwardOptions feedForward) = Parts(options, options.DecoderHeadCount, options.DecoderInnerWidth);
            _blocks = nn.ModuleList([.. Enumerable.Range(0, options.DecoderDepth).Select(layer => new DecoderBlock(attention, feedForward, layers, layer))]);
            RegisterComponents();
        }

        public Tensor forward(Tensor tokens, EncodedStates text, DecoderCache? cache, Tensor? padding)
        {
            using var scope = NewDisposeScope();
            Tensor x = Begin(tokens, cache?.Own.Length ?? 0);
            foreach (DecoderBlock block in _blocks)
                x = block.forward(x, text, cache, padding);
            return x.MoveToOuterDisposeScope();
        }
    }
}

/// <summary>BARTs: their published sizes, one to try things with, and Hugging Face's folders of them.</summary>
internal sealed class BartFamily() : Family<BartOptions, Bart>("bart", "an encoder-decoder that repairs noised texts (Lewis et al., 2020)", (options, device) => new Bart(options, device))
{
    public override IReadOnlyList<ModelPreset> Presets { get; } = [new("bart-large", 12, 16, 1024), new("bart-base", 6, 12, 768), new("bart-tiny", 2, 2, 128)];

    public override IReadOnlyList<FamilySetting> Settings { get; } =
    [
        new("kan-side", "which half has KAN layers: both, encoder or decoder [default: both]", (options, value) => (BartOptions)options with
        {
            KanSide = Enum.GetValues<KanSide>().Cast<KanSide?>().FirstOrDefault(side => $"{side}".Equals(value, StringComparison.OrdinalIgnoreCase)) ?? throw new KansformersException($"kan side is '{value}'; it must be both, encoder or decoder"),
        }),
        new("decoder-layers", "blocks of the decoder; 0 for as many as the encoder has [default: 0]", (options, value) => (BartOptions)options with
        {
            DecoderLayers = int.TryParse(value, out int layers) ? layers : throw new KansformersException($"decoder layers is '{value}'; it must be a whole number"),
        }),
    ];

    internal override HuggingFaceLayout HuggingFace { get; } = new BartLayout();
}
