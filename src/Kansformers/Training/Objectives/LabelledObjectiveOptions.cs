using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Training;

/// <summary>An objective that learns from labelled texts, or pairs of texts: an encoder gives a label or a number for each.</summary>
public abstract record LabelledObjectiveOptions : ExampleObjectiveOptions
{
    private protected LabelledObjectiveOptions(string kind, string summary)
        : base(kind, summary)
    {
    }

    // Whether labels are numbers to be fitted.
    private protected abstract bool AreNumbers { get; }

    /// <inheritdoc/>
    public override IObjective Create(TransformerModel model, TrainingData data, TrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        RequireSuited(model.Options);
        return LabelledObjective.Of(model, data, options);
    }

    internal override TrainingMaterial Open(DataConfig data, Tokenizer? tokenizer, IProgress<EncodeProgress>? progress, CancellationToken cancellation) =>
        LabelledMaterial.Open(data, tokenizer, AreNumbers);

    internal override IReadOnlyList<RunUse> Uses(string run) =>
        [new($"kansformers predict {run} --data texts.txt", AreNumbers ? "a number for each line" : "a label for each line"), new($"kansformers eval {run}", AreNumbers ? "errors and correlations" : "every measure of the labels")];
}
