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

    internal override ModelOptions Shape(ModelOptions model, TrainingMaterial material, bool hasWeights) =>
        EncoderShape.Labelled(EncoderShape.Of(model, material.Tokenizer, hasWeights), hasWeights, EncoderHead.Classification, ((LabelledMaterial)material).Labels);
}
