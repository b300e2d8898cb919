using System.Text.Json.Serialization;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Training;

/// <summary>An objective and its settings: an entry of <see cref="Objectives"/>.</summary>
public abstract record ObjectiveOptions : ListedOptions<ObjectiveOptions>
{
    /// <summary>Names the objective.</summary>
    /// <param name="kind">Its name in the list: lower case, words joined by hyphens.</param>
    /// <param name="summary">What is learned, in a few words.</param>
    protected ObjectiveOptions(string kind, string summary)
        : base(kind, summary)
    {
    }

    /// <summary>What losses are measured in, for people.</summary>
    [JsonIgnore]
    public virtual string LossUnit => "nats per token";

    /// <summary>Whether it learns from labelled examples instead of text.</summary>
    [JsonIgnore]
    public virtual bool NeedsLabels => false;

    /// <summary>Whether models of a family can learn it.</summary>
    /// <param name="family">The family.</param>
    public virtual bool Suits(Family family) => true;

    /// <summary>Whether a model ends in what it needs.</summary>
    internal virtual bool IsFor(ModelOptions model) => Suits(model.Family);

    /// <summary>Refuses a model that cannot learn it.</summary>
    /// <param name="model">The model.</param>
    /// <exception cref="KansformersException">Its family cannot; the message names those that can.</exception>
    public void RequireSuited(ModelOptions model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!Suits(model.Family))
            throw new KansformersException($"the objective {Kind} is not for the family {model.Family.Name}: it is for {string.Join(", ", Families.All.Where(Suits).Select(family => family.Name))}; {model.Family.Name} can learn {string.Join(", ", Objectives.All.Where(one => one.Suits(model.Family)).Select(one => one.Kind))}");
    }

    /// <summary>The model that is to learn it: vocabulary, and what stands behind its last hidden state.</summary>
    /// <param name="model">The model as it was asked for, or as its initial weights tell.</param>
    /// <param name="material">What it is to learn from.</param>
    /// <param name="hasWeights">Whether there are initial weights, so that its vocabulary is what it is.</param>
    internal virtual ModelOptions Shape(ModelOptions model, TrainingMaterial material, bool hasWeights) =>
        hasWeights ? model : model with { VocabularySize = material.Tokenizer.VocabularySize };

    /// <summary>Opens what a run learns from.</summary>
    /// <param name="data">Where it lies.</param>
    /// <param name="tokenizer">The run's tokenizer; null for the one that is named.</param>
    /// <param name="progress">Is told how far downloading and tokenizing have come.</param>
    /// <param name="cancellation">Stops downloading and tokenizing.</param>
    internal virtual TrainingMaterial Open(DataConfig data, Tokenizer? tokenizer, IProgress<EncodeProgress>? progress, CancellationToken cancellation) =>
        new TextMaterial(TrainingRun.Prepare(data, tokenizer, progress, cancellation));

    /// <summary>The objective at work.</summary>
    /// <param name="model">The model that learns.</param>
    /// <param name="data">What it learns from; it must stay open meanwhile.</param>
    /// <param name="options">The size of batches and validations, and the seed.</param>
    /// <returns>The objective, to be disposed.</returns>
    /// <exception cref="KansformersException">There is too little to learn from.</exception>
    public abstract IObjective Create(TransformerModel model, TrainingData data, TrainingOptions options);
}

/// <summary>What a training learns from.</summary>
/// <param name="Train">The text to learn from; null where it is labelled examples.</param>
/// <param name="Validation">The held-out text; null or empty for none.</param>
public sealed record TrainingData(TokenSpan? Train, TokenSpan? Validation = null)
{
    /// <summary>The tokenizer of the text, for objectives that need one.</summary>
    public Tokenizer? Tokenizer { get; init; }

    /// <summary>The labelled examples to learn from; null where it is text.</summary>
    internal LabelledExamples? Examples { get; init; }

    /// <summary>The held-out examples; null for none.</summary>
    internal LabelledExamples? ValidationExamples { get; init; }

    /// <summary>The text to learn from.</summary>
    /// <exception cref="KansformersException">There is none.</exception>
    internal TokenSpan Text => Train ?? throw new KansformersException("this objective learns from text, but was given labelled examples");
}
