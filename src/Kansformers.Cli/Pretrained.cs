using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary>Weights that a training begins from, with what they bring along.</summary>
/// <param name="Name">A short name for the model.</param>
/// <param name="Architecture">The architecture.</param>
/// <param name="Weights">The weight file, or the folder in Hugging Face's layout, in full.</param>
/// <param name="Notes">What the weights leave open or say twice.</param>
/// <param name="Tokenizer">The tokenizer to use unless another is given; fails where none is known.</param>
internal sealed record Pretrained(string Name, ModelOptions Architecture, string Weights, IReadOnlyList<string> Notes, Func<string> Tokenizer)
{
    /// <summary>Whether a name may be one of weights, rather than a misspelled preset.</summary>
    public static bool CanBe(string name) => ModelChoice.IsOnHub(name) || Path.Exists(name) || name.AsSpan().ContainsAny('/', '\\');

    public static Pretrained Open(string name, ModelHints hints)
    {
        ModelSource source = ModelChoice.OpenSource(name);
        ModelChoice.RefuseHints(source, hints);
        ModelOptions architecture = source.Architecture(RunWeights.Best, hints);
        return new Pretrained(source.Name, architecture, Path.GetFullPath(source.WeightFile()), source.Notes, () => ModelChoice.TokenizerName(source, architecture.VocabularySize)!);
    }
}
