using Kansformers.Evaluation;
using Kansformers.Text;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>Examples of several lengths in padded batches, each once in an epoch, and those of about one length together.</summary>
/// <param name="model">The model.</param>
/// <param name="options">The size of batches, and the seed.</param>
/// <param name="train">What the model reads of each example.</param>
/// <param name="padding">What fills up short ones.</param>
internal abstract class ExampleObjective(EncoderModel model, TrainingOptions options, IReadOnlyList<ModelInput> train, int padding) : IObjective
{
    private readonly ExampleOrder _order = new([.. train.Select(input => input.Ids.Count)], options.BatchSize);

    public abstract long ValidationTokens { get; }

    public IReadOnlyList<Measure> Measures { get; protected set; } = [];

    public long TokensOf(long batch)
    {
        long tokens = 0;
        foreach (int example in _order.Batch(options.Seed, batch))
            tokens += train[example].Ids.Count;
        return tokens;
    }

    public Tensor Loss(long batch, double share)
    {
        int[] chosen = [.. _order.Batch(options.Seed, batch)];
        using var scope = NewDisposeScope();
        (Tensor ids, Tensor? mask, Tensor? types) = PaddedBatch.Of(model, [.. chosen.Select(example => train[example])], padding);
        return model.Loss(new TokenBatch(ids, Targets(chosen, (int)ids.shape[1])) { Mask = mask, Types = types }, share).MoveToOuterDisposeScope();
    }

    public abstract double Validate();

    public void Dispose()
    {
    }

    /// <summary>What is wanted of a batch.</summary>
    /// <param name="examples">Which examples it has.</param>
    /// <param name="longest">The tokens of the longest.</param>
    protected abstract Tensor Targets(int[] examples, int longest);
}
