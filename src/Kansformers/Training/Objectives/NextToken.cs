using Kansformers.Evaluation;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>Next-token prediction: each token is predicted from those before it, in sequences from anywhere in the text.</summary>
public sealed record NextTokenOptions() : TextObjectiveOptions("next-token", "each token is predicted from those before it")
{
    /// <inheritdoc/>
    public override bool Suits(Family family)
    {
        ArgumentNullException.ThrowIfNull(family);
        return family.IsCausal;
    }

    /// <inheritdoc/>
    public override IObjective Create(TransformerModel model, TrainingData data, TrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model is CausalModel causal ? new NextToken(causal, Order, data, options)
            : throw new KansformersException($"the objective {Kind} needs a model that predicts the next token, which those of the family {model.Options.Family.Name} do not; use one of {Families.Causal}");
    }

    internal override IReadOnlyList<RunUse> Uses(string run) => [new($"kansformers sample {run}", "more text"), new($"kansformers eval {run}", "loss, perplexity, bits per byte")];
}

/// <summary>Sequences drawn by <see cref="BatchSampler"/>; validation on <see cref="FixedWindows"/>.</summary>
internal sealed class NextToken(CausalModel model, BatchOrder order, TrainingData data, TrainingOptions options) : ITokenObjective
{
    private readonly BatchSampler _sampler = new(data.Text, model.Options.BlockSize, options.BatchSize, order);
    private readonly FixedWindows? _validation =
        data.Validation is { Count: > 0 } held ? new FixedWindows(held, model.Options.BlockSize, options.EvalWindows) : null;

    public long TokensOf(long batch) => (long)options.BatchSize * model.Options.BlockSize;

    public long ValidationTokens => _validation?.Tokens ?? 0;

    public Tensor Loss(long batch, double share)
    {
        using var scope = NewDisposeScope();
        return model.Loss(Batch(batch), share).MoveToOuterDisposeScope();
    }

    public TokenBatch Batch(long batch)
    {
        (Tensor ids, Tensor targets) = _sampler.Draw(options.Seed, batch, model.Device); // (B, T) each
        return new TokenBatch(ids, targets);
    }

    public IEnumerable<RowBatch> Held() => _validation?.Batches() ?? [];

    public double Validate() => _validation?.Evaluate(model) ?? double.NaN;

    public void Dispose() => _sampler.Dispose();
}
