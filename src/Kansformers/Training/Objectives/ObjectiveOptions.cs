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

    /// <summary>Whether losses are mean negative log-likelihoods of tokens, in nats, so that exp(loss) is a perplexity.</summary>
    [JsonIgnore]
    public virtual bool HasPerplexity => true;

    /// <summary>Whether it learns from labelled examples instead of text.</summary>
    [JsonIgnore]
    public virtual bool NeedsLabels => false;

    /// <summary>What its data must be, in words.</summary>
    [JsonIgnore]
    public virtual string DataNeeded => NeedsLabels ? "a .csv, .tsv, .jsonl or .parquet file with a column of labels" : "text";

    /// <summary>Whether models of a family can learn it.</summary>
    /// <param name="family">The family.</param>
    public virtual bool Suits(Family family) => true;

    /// <summary>
    /// What validations measure, where that is another objective's loss: a run is told of, compared and evaluated as one of that objective. Itself unless something else
    /// guides the training alone.
    /// </summary>
    /// <param name="model">The model that learns.</param>
    public virtual ObjectiveOptions Task(ModelOptions model) => this;

    /// <summary>What the losses of steps are, where they are no <see cref="LossUnit"/>; null where they are.</summary>
    internal virtual string? StepLoss => null;

    /// <summary>The objective with what its settings name found, before anything long begins: in full, and with what tells it again when a run goes on.</summary>
    /// <param name="model">The model that is to learn it, as far as it is known.</param>
    /// <exception cref="KansformersException">Something is missing, or nothing to the model.</exception>
    internal virtual ObjectiveOptions Found(ModelOptions model) => this;

    /// <summary>Gives a new model weights to begin with, where the settings say so.</summary>
    /// <param name="model">The model, of random weights.</param>
    /// <returns>What there is to say of it; null where nothing was done.</returns>
    internal virtual string? Begin(TransformerModel model) => null;

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

    /// <summary>The commands that use a trained run.</summary>
    /// <param name="run">The run folder, as a shell takes it.</param>
    internal virtual IReadOnlyList<RunUse> Uses(string run) => [new($"kansformers eval {run}", "its loss on other text")];

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

/// <summary>A command that uses a run.</summary>
/// <param name="Command">The command.</param>
/// <param name="Gives">What it gives, in a few words.</param>
internal sealed record RunUse(string Command, string Gives);
