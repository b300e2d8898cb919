using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Kansformers.Transformers;

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
    private readonly BartEncoder _encoder;

    [ComponentName(Name = "decoder")]
    private readonly BartDecoder _decoder;

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
        _encoder = new BartEncoder(options, encoder);
        _decoder = new BartDecoder(options, decoder);
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
        TokenShapes.Require(idx, Options.BlockSize);
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
        using var scope = NewDisposeScope();
        return Read(idx, mask).States.MoveToOuterDisposeScope();
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
        Tensor targets = batch.Targets;
        TokenShapes.Require(targets, Options.BlockSize);
        Tensor hidden = Decoded(batch.Tokens, batch.DecoderTokens ?? ShiftRight(targets), batch.Mask, null);
        if (hidden.shape[1] != targets.shape[1])
            throw new ArgumentException($"there are {targets.shape[1]} targets for {hidden.shape[1]} tokens of the decoder", nameof(batch));
        return HeadLoss.Compute(new LossHead(_head) { Bias = Bias }, hidden, targets, share).MoveToOuterDisposeScope();
    }

    /// <summary>Reads texts that are to be answered token by token.</summary>
    /// <param name="idx">Token ids, int64, (B, S) with S at most the block size.</param>
    /// <param name="mask">Zero where a sequence is padded, (B, S); null where none is.</param>
    /// <param name="room">How many tokens the decoder will read at most.</param>
    internal DecoderCache Open(Tensor idx, Tensor? mask, int room) =>
        new(_options.DecoderDepth, (_options.DecoderHeadCount, room, _options.Width / _options.DecoderHeadCount), Read(idx, mask));

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

    // (vocabulary); null where all are zeros.
    private Tensor? Bias => get_buffer(LogitsBias) is Tensor bias && bias.ne(0).any().item<bool>() ? bias.select(0, 0) : null;

    private Tensor Logits(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        Tensor logits = _head.forward(hidden);
        return (Bias is Tensor bias ? logits + bias : logits).MoveToOuterDisposeScope();
    }

    private EncodedStates Read(Tensor idx, Tensor? mask)
    {
        TokenShapes.Require(idx, Options.BlockSize);
        TokenShapes.RequireLike(idx, mask);
        Tensor? padding = mask is null ? null : PaddingMask.Of(mask, Type);
        return new EncodedStates(_encoder.forward(Embedded(idx), padding), padding);
    }

    // (B, L, width).
    private Tensor Decoded(Tensor idx, Tensor decoder, Tensor? mask, Tensor? decoderMask)
    {
        TokenShapes.Require(decoder, Options.BlockSize);
        TokenShapes.RequireLike(decoder, decoderMask);
        EncodedStates text = Read(idx, mask);
        if (idx.shape[0] != decoder.shape[0])
            throw new ArgumentException($"the encoder reads {idx.shape[0]} texts, the decoder {decoder.shape[0]}", nameof(decoder));
        return _decoder.forward(Embedded(decoder), text, null, decoderMask is null ? null : PaddingMask.Of(decoderMask, Type));
    }

    private Tensor Embedded(Tensor idx)
    {
        using var scope = NewDisposeScope();
        Tensor x = PaddedEmbedding.Apply(idx, _tokens, _options.PaddingId);
        return (_options.ScaledEmbedding ? x * Math.Sqrt(_options.Width) : x).MoveToOuterDisposeScope();
    }
}
