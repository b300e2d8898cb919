using Kansformers.Text;

namespace Kansformers.Training;

/// <summary>What a training learns from.</summary>
/// <param name="Train">The text to learn from; null where it is labelled examples.</param>
/// <param name="Validation">The held-out text; null or empty for none.</param>
public sealed record TrainingData(TokenSpan? Train, TokenSpan? Validation = null)
{
    /// <summary>The tokenizer of the text, for objectives that need one.</summary>
    public Tokenizer? Tokenizer { get; init; }

    /// <summary>What an objective that opens a material of its own, such as labelled examples, wants of it; null where it is text alone.</summary>
    internal TrainingMaterial? Material { get; init; }

    /// <summary>The text to learn from.</summary>
    /// <exception cref="KansformersException">There is none.</exception>
    internal TokenSpan Text => Train ?? throw new KansformersException("this objective learns from text, but was given labelled examples");
}
