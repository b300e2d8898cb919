using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>A transformer that predicts each token from those before it, so that it can continue text.</summary>
/// <param name="name">The name of its class.</param>
/// <param name="options">The architecture.</param>
public abstract class CausalModel(string name, ModelOptions options) : TransformerModel(name, options)
{
    /// <summary>What makes logits of the last hidden state.</summary>
    protected internal abstract override nn.Module<Tensor, Tensor> Head { get; }

    /// <inheritdoc/>
    internal override LossHead TokenHead => new(Head);

    /// <summary>The logits of the next token at every position.</summary>
    /// <param name="idx">Token ids, int64, (B, T) with T at most the block size.</param>
    /// <returns>(B, T, vocabulary).</returns>
    /// <exception cref="ArgumentException">The sequence is longer than the block size, or not (B, T).</exception>
    public override Tensor forward(Tensor idx) => forward(idx, null);

    /// <summary>The logits of the next token at every new position, after those that a cache holds.</summary>
    /// <param name="idx">The new token ids, int64, (B, T).</param>
    /// <param name="cache">The tokens before them; it takes the new ones too. Null when there are none to keep.</param>
    /// <param name="lastOnly">Whether only the last position's logits are wanted.</param>
    /// <returns>(B, T, vocabulary), or (B, 1, vocabulary).</returns>
    /// <exception cref="ArgumentException">The tokens, with those in the cache, are more than the block size, or not (B, T).</exception>
    public Tensor forward(Tensor idx, KeyValueCache? cache, bool lastOnly = false)
    {
        ArgumentNullException.ThrowIfNull(idx);
        using var scope = NewDisposeScope();
        Tensor x = Run(idx, cache); // (B, T, C)
        return Head.forward(lastOnly ? x[.., ^1..] : x).MoveToOuterDisposeScope();
    }

    /// <summary>The mean cross-entropy of the targets, in nats per token. On the CPU the logits are made, used and dropped in chunks.</summary>
    /// <param name="batch">Tokens, (B, T), and the token that follows each, (B, T); positions with -1 do not count.</param>
    /// <param name="share">Multiplies the loss and so all gradients: 1 / n for each of n batches that make up a step.</param>
    /// <returns>A scalar, differentiable in the parameters.</returns>
    /// <exception cref="ArgumentException">The targets are not as many as the tokens, or not in the vocabulary; or the tokens do not fit the block size.</exception>
    public override Tensor Loss(TokenBatch batch, double share = 1)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return Loss(batch.Tokens, batch.Targets, share);
    }

    /// <summary>As above.</summary>
    /// <param name="idx">Token ids, int64, (B, T).</param>
    /// <param name="targets">The token that follows each, int64, (B, T); positions with -1 do not count.</param>
    /// <param name="share">Multiplies the loss and so all gradients.</param>
    /// <returns>A scalar, differentiable in the parameters.</returns>
    /// <exception cref="ArgumentException">The targets are not as many as the tokens, or not in the vocabulary; or the tokens do not fit the block size.</exception>
    public Tensor Loss(Tensor idx, Tensor targets, double share = 1)
    {
        ArgumentNullException.ThrowIfNull(idx);
        ArgumentNullException.ThrowIfNull(targets);
        using var scope = NewDisposeScope();
        return HeadLoss.Compute(new LossHead(Head), Run(idx, null), targets, share).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    internal override Tensor LastHidden(TokenBatch batch) => Run(batch.Tokens, null);

    /// <summary>The last hidden state of new tokens, (B, T, width), after those that a cache holds.</summary>
    /// <param name="idx">The new token ids, (B, T).</param>
    /// <param name="cache">The tokens before them; it takes the new ones too. Null when there are none to keep.</param>
    internal Tensor LastHidden(Tensor idx, KeyValueCache? cache) => Run(idx, cache);

    /// <summary>Loads a model that continues text, from wherever <see cref="TransformerModel.FromPretrained"/> does.</summary>
    /// <param name="source">Where it lies.</param>
    /// <param name="device">Where the model is wanted; null is the CPU.</param>
    /// <param name="hints">What its file does not tell; null for nothing.</param>
    /// <exception cref="KansformersException">It cannot be read or brought, or is of a family that does not continue text.</exception>
    public static new CausalModel FromPretrained(string source, Device? device = null, ModelHints? hints = null) => Of(TransformerModel.FromPretrained(source, device, hints));

    /// <summary>A model as one that continues text.</summary>
    /// <param name="model">The model; disposed when it is none.</param>
    /// <exception cref="KansformersException">Its family does not continue text.</exception>
    public static CausalModel Of(TransformerModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model is CausalModel causal)
            return causal;
        string family = model.Options.Family.Name;
        model.Dispose();
        throw new KansformersException($"a model of the family {family} does not predict the next token, so it cannot continue or score text; use one that does: {Families.Causal}");
    }

    /// <summary>The model, opened to go on from a cache token after token while its parameters stay as they are; null where that is not possible.</summary>
    /// <param name="cache">A single sequence.</param>
    internal virtual TokenDecoder? OpenTokens(KeyValueCache cache) => null;

    /// <summary>The last hidden state, (B, T, width): what <see cref="Head"/> takes.</summary>
    /// <param name="idx">The new token ids, (B, T); with those of the cache they fit the block size.</param>
    /// <param name="cache">Keys and values of the tokens before them: each layer appends its own. Its length grows afterwards, by the caller.</param>
    protected abstract Tensor Hidden(Tensor idx, KeyValueCache? cache);

    private Tensor Run(Tensor idx, KeyValueCache? cache)
    {
        TokenShapes.Require(idx, Options.BlockSize, cache?.Length ?? 0);
        Tensor x = Hidden(idx, cache);
        cache?.Advance(idx.shape[1]);
        return x;
    }
}
