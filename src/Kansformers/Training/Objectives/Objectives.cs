using Kansformers.Transformers;

namespace Kansformers.Training;

/// <summary>The objectives. A new one is a file with its options, its batches and their loss, and a line here.</summary>
public static class Objectives
{
    /// <summary>Every objective with its defaults; the first is taken unless another is named.</summary>
    public static IReadOnlyList<ObjectiveOptions> All { get; } =
    [
        new NextTokenOptions(),
        new MaskedLanguageOptions(),
        new ClassificationOptions(),
        new RegressionOptions(),
        new TokenClassificationOptions(),
        new QuestionAnsweringOptions(),
        new DenoisingOptions(),
        new DistillationOptions(),
    ];

    /// <summary>The objective that a model is for, where none is named: what it ends in decides, and else its family.</summary>
    /// <param name="model">The model.</param>
    public static ObjectiveOptions For(ModelOptions model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return All.FirstOrDefault(entry => entry.IsFor(model)) ?? All.FirstOrDefault(entry => entry.Suits(model.Family)) ?? All[0];
    }

    /// <summary>The defaults of an objective.</summary>
    /// <param name="kind">Its name, letter case aside.</param>
    /// <exception cref="KansformersException">There is none of that name; the message lists them.</exception>
    public static ObjectiveOptions Named(string kind) => All.FirstOrDefault(entry => entry.Kind.Equals(kind, StringComparison.OrdinalIgnoreCase))
        ?? throw new KansformersException($"unknown objective '{kind}': use {string.Join(" or ", All.Select(entry => entry.Kind))}");
}
