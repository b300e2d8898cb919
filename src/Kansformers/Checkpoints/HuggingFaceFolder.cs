using System.Text.Json;

namespace Kansformers.Checkpoints;

/// <summary>
/// A model's folder in Hugging Face's layout: <c>config.json</c>, the weights in <c>model.safetensors</c> or <c>pytorch_model.bin</c>, whole or in shards
/// with an index, and the tokenizer's files.
/// </summary>
internal sealed class HuggingFaceFolder : IDisposable
{
    internal const string ConfigName = "config.json", GenerationName = "generation_config.json", SafetensorsName = "model.safetensors", SafetensorsIndexName = "model.safetensors.index.json";
    private const string PyTorchName = "pytorch_model.bin", PyTorchIndexName = "pytorch_model.bin.index.json";
    private const long MaximumConfigBytes = 16L << 20;

    private readonly JsonDocument _config;

    private HuggingFaceFolder(string folder, JsonDocument config, TensorFile weights)
    {
        (Folder, _config, Weights) = (folder, config, weights);
    }

    /// <summary>The full path of the folder.</summary>
    public string Folder { get; }

    /// <summary>What <c>config.json</c> says: an object. Usable until this is disposed.</summary>
    public JsonElement Config => _config.RootElement;

    /// <summary>The family of the model: <c>gpt2</c>, <c>bert</c>, ...</summary>
    public string ModelType => Config.GetProperty("model_type").GetString()!;

    /// <summary>The weights, by the names that the files have. Owned by this.</summary>
    public TensorFile Weights { get; }

    /// <summary>Whether a folder holds a <c>config.json</c> that names a model type.</summary>
    /// <param name="folder">A path, which need not exist.</param>
    public static bool IsOne(string folder)
    {
        try
        {
            return File.Exists(Path.Combine(folder, ConfigName)) && TypeIn(folder) is not null;
        }
        catch (KansformersException)
        {
            return false;
        }
    }

    /// <summary>The model type that a folder's <c>config.json</c> names; null when it names none.</summary>
    /// <exception cref="KansformersException">The file is missing or damaged.</exception>
    internal static string? TypeIn(string folder)
    {
        using JsonDocument document = JsonFile.Read(Path.Combine(folder, ConfigName), MaximumConfigBytes);
        return TypeOf(document);
    }

    /// <summary>Opens a folder; the tensors' elements are read when they are asked for.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="KansformersException">A file is missing or damaged.</exception>
    public static HuggingFaceFolder Open(string folder)
    {
        string full = Path.GetFullPath(folder);
        JsonDocument config = JsonFile.Read(Path.Combine(full, ConfigName), MaximumConfigBytes);
        try
        {
            return TypeOf(config) is null
                ? throw new KansformersException($"'{Path.Combine(full, ConfigName)}' is not the configuration of a Hugging Face model: it has no 'model_type'")
                : new HuggingFaceFolder(full, config, OpenWeights(full));
        }
        catch
        {
            config.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _config.Dispose();
        Weights.Dispose();
    }

    private static string? TypeOf(JsonDocument config) =>
        config.RootElement.ValueKind == JsonValueKind.Object && config.RootElement.TryGetProperty("model_type", out JsonElement type) && type.ValueKind == JsonValueKind.String ? type.GetString() : null;

    private static TensorFile OpenWeights(string folder)
    {
        foreach (string name in (string[])[SafetensorsName, SafetensorsIndexName, PyTorchName, PyTorchIndexName])
        {
            string path = Path.Combine(folder, name);
            if (File.Exists(path))
                return path.EndsWith(".json", StringComparison.Ordinal) ? ShardedTensors.Open(path) : StateDictionary.Load(path);
        }

        throw new KansformersException($"'{folder}' holds no weights: neither {SafetensorsName} nor {PyTorchName}, whole or with an index");
    }
}
