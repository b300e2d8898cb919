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

    /// <summary>The objective at work.</summary>
    /// <param name="model">The model that learns.</param>
    /// <param name="data">What it learns from; it must stay open meanwhile.</param>
    /// <param name="options">The size of batches and validations, and the seed.</param>
    /// <returns>The objective, to be disposed.</returns>
    /// <exception cref="KansformersException">There is too little to learn from.</exception>
    public abstract IObjective Create(TransformerModel model, TrainingData data, TrainingOptions options);
}

/// <summary>What a training learns from.</summary>
/// <param name="Train">The text to learn from.</param>
/// <param name="Validation">The held-out text; null or empty for none.</param>
public sealed record TrainingData(TokenSpan Train, TokenSpan? Validation = null);
