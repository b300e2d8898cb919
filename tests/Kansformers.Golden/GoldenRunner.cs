using Kansformers.Checkpoints;

namespace Kansformers.Golden;

/// <summary>Compares this library with what the original programs computed; the kind of a path is told by its content.</summary>
public static class GoldenRunner
{
    // What a folder of one model holds, and a folder of several golden files does not.
    private const string ModelConfig = "config.json";

    /// <summary>What a path stands for: itself, or the golden files and folders in it, by name, where it is a plain folder of those.</summary>
    /// <param name="path">A file or folder, golden or holding golden ones at any depth.</param>
    public static IReadOnlyList<string> Expand(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path) || File.Exists(Path.Combine(path, ModelConfig)))
            return [path];
        string[] inside = [.. Directory.EnumerateFileSystemEntries(path)
            .Where(entry => Directory.Exists(entry) || Path.GetExtension(entry) is ".safetensors" or ".json")
            .Order(StringComparer.Ordinal).SelectMany(Expand)];
        return inside.Length > 0 ? inside : [path];
    }

    /// <summary>Compares every tensor of one golden file or folder.</summary>
    /// <param name="path">A file of one KAN layer, of a network of pykan, a file of texts and their ids, or the folder of a GPT, the original's or Hugging Face's, or of an encoder or a BART in Hugging Face's layout.</param>
    /// <exception cref="KansformersException">The path is missing, damaged, or of no known kind.</exception>
    public static GoldenReport Run(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
        {
            return GptGolden.Is(path) ? GptGolden.Run(path)
                : HuggingFaceGptGolden.Is(path) ? HuggingFaceGptGolden.Run(path)
                : HuggingFaceEncoderGolden.Is(path) ? HuggingFaceEncoderGolden.Run(path)
                : HuggingFaceBartGolden.Is(path) ? HuggingFaceBartGolden.Run(path)
                : throw new KansformersException($"'{path}' is no golden folder of a known kind: a model's has config.json, expected.safetensors and weights");
        }

        if (!File.Exists(path))
            throw new KansformersException($"there is no golden file or folder '{path}'");
        if (TokenizerGolden.Is(path))
            return TokenizerGolden.Run(path);
        using TensorFile file = StateDictionary.Load(path);
        return KanLayerGolden.Is(file) ? KanLayerGolden.Run(path, file)
            : KanKindGolden.Is(file) ? KanKindGolden.Run(path, file)
            : PykanGolden.Is(file) ? PykanGolden.Run(path, file)
            : throw new KansformersException($"'{path}' is no golden file of a known kind: a KAN layer's has its configuration as metadata");
    }
}
