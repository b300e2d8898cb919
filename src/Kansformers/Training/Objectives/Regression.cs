using System.Text.Json.Serialization;
using Kansformers.Transformers;

namespace Kansformers.Training;

/// <summary>Regression: a number for each text, or pair of texts, by least squares.</summary>
public sealed record RegressionOptions() : LabelledObjectiveOptions("regression", "texts, or pairs of texts, get a number")
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string LossUnit => "squared error";

    private protected override bool AreNumbers => true;

    internal override bool IsFor(ModelOptions model) => model is EncoderOptions { Head: EncoderHead.Classification, Labels: 1 };

    internal override ModelOptions Shape(ModelOptions model, TrainingMaterial material, bool hasWeights) =>
        EncoderShape.Of(model, material.Tokenizer, hasWeights) with { Head = EncoderHead.Classification, Labels = 1, LabelNames = null };
}
