using System.Text.Json.Serialization;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Training;

/// <summary>Regression: a number for each text, or pair of texts, by least squares.</summary>
public sealed record RegressionOptions() : ObjectiveOptions("regression", "texts, or pairs of texts, get a number")
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string LossUnit => "squared error";

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

    internal override bool IsFor(ModelOptions model) => model is EncoderOptions { Head: EncoderHead.Classification, Labels: 1 };

    internal override TrainingMaterial Open(DataConfig data, Tokenizer? tokenizer, IProgress<EncodeProgress>? progress, CancellationToken cancellation) =>
        LabelledMaterial.Open(data, tokenizer, areNumbers: true);

    internal override ModelOptions Shape(ModelOptions model, TrainingMaterial material, bool hasWeights) =>
        EncoderShape.Of(model, material.Tokenizer, hasWeights) with { Head = EncoderHead.Classification, Labels = 1, LabelNames = null };
}
