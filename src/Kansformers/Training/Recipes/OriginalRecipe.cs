using Kansformers.Transformers;

namespace Kansformers.Training;

/// <summary>
/// The original Kansformers' own settings, which are the defaults of <see cref="TrainingOptions"/> and <see cref="ModelOptions"/>: a GPT whose linear layers are
/// all B-splines, AdamW at a constant 3e-4, dropout 0.1, sequences drawn with replacement.
/// </summary>
internal sealed record OriginalRecipe() : Recipe("original", "the original's exact settings: AdamW at a constant rate")
{
    private static readonly TrainingOptions Own = new();

    /// <inheritdoc/>
    public override RunSize Size { get; } = new("gpt-nano", new GptOptions().BlockSize, Own.BatchSize, Own.MaxIters);

    /// <inheritdoc/>
    public override double Dropout => new GptOptions().ResidualDropout;

    /// <inheritdoc/>
    public override TrainingOptions Training(ModelOptions model, ObjectiveOptions objective, long steps) => Own with { MaxIters = steps, Objective = Drawn(objective) };

    private static ObjectiveOptions Drawn(ObjectiveOptions objective) => objective is TextObjectiveOptions text ? text with { Order = BatchOrder.Replacement } : objective;
}
