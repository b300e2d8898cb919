using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>A transformer that reads a whole text at once: every token attends to all others.</summary>
public abstract class EncoderModel : TransformerModel
{
    /// <summary>Checks the architecture.</summary>
    /// <param name="name">The name of the model's class.</param>
    /// <param name="options">The architecture.</param>
    /// <exception cref="KansformersException">An option is invalid; the message names it.</exception>
    private protected EncoderModel(string name, EncoderOptions options)
        : base(name, options)
    {
    }

    /// <summary>The architecture, as encoders have it.</summary>
    internal EncoderOptions Encoder => (EncoderOptions)Options;

    /// <inheritdoc/>
    internal override LossHead? TokenHead => (Head as MaskedLanguageHead)?.OfTokens;

    private protected abstract ModuleList<PostNormBlock> Blocks { get; }

    /// <summary>The logits of a batch without padding; without a head, its hidden states.</summary>
    /// <param name="idx">Token ids, int64, (B, T) with T at most the block size.</param>
    /// <returns>(B, T, vocabulary), (B, labels), (B, T, labels), (B, T, 2) or (B, T, width), as <see cref="EncoderOptions.Head"/> says.</returns>
    /// <exception cref="ArgumentException">The sequence is longer than the block size, or not (B, T).</exception>
    public override Tensor forward(Tensor idx) => forward(idx, null);

    /// <summary>The logits of a batch; without a head, its hidden states.</summary>
    /// <param name="idx">Token ids, int64, (B, T) with T at most the block size.</param>
    /// <param name="mask">Zero where a sequence is padded, (B, T); null where none is.</param>
    /// <param name="types">The type of each token, int64, (B, T); null for the first. Families without types take none.</param>
    /// <returns>(B, T, vocabulary), (B, labels), (B, T, labels), (B, T, 2) or (B, T, width), as <see cref="EncoderOptions.Head"/> says.</returns>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, or the types are more than the model has.</exception>
    public Tensor forward(Tensor idx, Tensor? mask, Tensor? types = null)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = Hidden(idx, mask, types);
        return (Head?.forward(hidden) ?? hidden).MoveToOuterDisposeScope();
    }

    /// <summary>The last hidden state of every token.</summary>
    /// <param name="idx">Token ids, int64, (B, T) with T at most the block size.</param>
    /// <param name="mask">Zero where a sequence is padded, (B, T); null where none is.</param>
    /// <param name="types">The type of each token, int64, (B, T); null for the first. Families without types take none.</param>
    /// <returns>(B, T, width).</returns>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, or the types are more than the model has.</exception>
    public Tensor Hidden(Tensor idx, Tensor? mask = null, Tensor? types = null)
    {
        TokenShapes.Require(idx, Options.BlockSize);
        TokenShapes.RequireLike(idx, mask);
        TokenShapes.RequireLike(idx, types);
        using var scope = NewDisposeScope();
        if (types is not null && (Encoder.TypeRows == 0 || types.lt(0).any().item<bool>() || types.ge(Encoder.TypeRows).any().item<bool>()))
            throw new ArgumentException($"there are token types that a {Options.Family.Name} of {Encoder.TypeRows} does not have", nameof(types));
        Tensor x = Embed(idx, types); // (B, T, C)
        Tensor? padding = mask is null ? null : PaddingMask.Of(mask, x.dtype);
        foreach (PostNormBlock block in Blocks)
            x = block.forward(x, padding);
        return x.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The mean loss: for tokens the cross-entropy of the targets, in nats; for labels the same, or, of a single one of sequences, the mean squared error; for
    /// answers the mean of that of their first and of their last token. Logits are made for the tokens alone that have a target.
    /// </summary>
    /// <param name="batch">Tokens, and a target for each of them, (B, T), or for each sequence, (B), or its first and last token, (B, 2); -1 does not count.</param>
    /// <param name="share">Multiplies the loss and so all gradients: 1 / n for each of n batches that make up a step.</param>
    /// <returns>A scalar, differentiable in the parameters; 0 where no target counts.</returns>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, or a target is none of the model's.</exception>
    /// <exception cref="KansformersException">The model has no head.</exception>
    public override Tensor Loss(TokenBatch batch, double share = 1)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using var scope = NewDisposeScope();
        if (Head is not ILossHead head)
            throw new KansformersException($"a {Options.Family.Name} without a head has no loss; set {Options.GetType().Name}.Head to another");
        return head.Loss(Hidden(batch.Tokens, batch.Mask, batch.Types), batch, share).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    internal override Tensor LastHidden(TokenBatch batch) => Hidden(batch.Tokens, batch.Mask, batch.Types);

    /// <summary>What the first block takes: the vectors of tokens, positions and types.</summary>
    /// <param name="idx">(B, T).</param>
    /// <param name="types">(B, T), or null for the first.</param>
    /// <returns>(B, T, width).</returns>
    private protected abstract Tensor Embed(Tensor idx, Tensor? types);
}
