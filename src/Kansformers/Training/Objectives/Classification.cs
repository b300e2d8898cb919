using System.Text.Json.Serialization;
using Kansformers.Transformers;

namespace Kansformers.Training;

/// <summary>Classification of texts, or of pairs: each gets one of the labels that the data have.</summary>
public sealed record ClassificationOptions() : LabelledObjectiveOptions("classification", "texts, or pairs of texts, get one of several labels")
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string LossUnit => "nats per example";

    private protected override bool AreNumbers => false;

    internal override bool IsFor(ModelOptions model) => model is EncoderOptions { Head: EncoderHead.Classification, Labels: > 1 };

    // Weights that know all labels of the data keep theirs, with what they learned of them.
    internal override ModelOptions Shape(ModelOptions model, TrainingMaterial material, bool hasWeights)
    {
        EncoderOptions encoder = EncoderShape.Of(model, material.Tokenizer, hasWeights);
        LabelNames labels = ((LabelledMaterial)material).Labels;
        bool known = hasWeights && encoder is { Head: EncoderHead.Classification, LabelNames: LabelNames own } && labels.All(label => own.IdOf(label) is not null);
        return known ? encoder : encoder with { Head = EncoderHead.Classification, Labels = labels.Count, LabelNames = labels };
    }
}
