using System.Text.Json.Serialization;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Training;

/// <summary>Classification of texts, or of pairs: each gets one of the labels that the data have.</summary>
public sealed record ClassificationOptions() : ObjectiveOptions("classification", "texts, or pairs of texts, get one of several labels")
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string LossUnit => "nats per example";

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool NeedsLabels => true;

    /// <inheritdoc/>
    public override bool Suits(Family family)
    {
        ArgumentNullException.ThrowIfNull(family);
        return family.Defaults is EncoderOptions;
    }

    /// <inheritdoc/>
    public override IObjective Create(TransformerModel model, TrainingData data, TrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        RequireSuited(model.Options);
        return new LabelledObjective(model, data, options);
    }

    internal override bool IsFor(ModelOptions model) => model is EncoderOptions { Head: EncoderHead.Classification, Labels: > 1 };

    internal override TrainingMaterial Open(DataConfig data, Tokenizer? tokenizer, IProgress<EncodeProgress>? progress, CancellationToken cancellation) =>
        LabelledMaterial.Open(data, tokenizer, areNumbers: false);

    // Weights that know all labels of the data keep theirs, with what they learned of them.
    internal override ModelOptions Shape(ModelOptions model, TrainingMaterial material, bool hasWeights)
    {
        EncoderOptions encoder = EncoderShape.Of(model, material.Tokenizer, hasWeights);
        LabelNames labels = ((LabelledMaterial)material).Labels;
        bool known = hasWeights && encoder is { Head: EncoderHead.Classification, LabelNames: LabelNames own } && labels.All(label => own.IdOf(label) is not null);
        return known ? encoder : encoder with { Head = EncoderHead.Classification, Labels = labels.Count, LabelNames = labels };
    }
}
