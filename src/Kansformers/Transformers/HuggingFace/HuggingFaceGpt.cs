using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using Kansformers.Checkpoints;
using Kansformers.Files;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// GPTs in folders of Hugging Face's layout. Without KAN layers they are the library's own GPT-2 (<c>model_type</c> <c>gpt2</c>), which Python loads;
/// with KAN layers, which no class of theirs has, they are <c>kansformers</c>, with the names and shapes of the original Kansformers.
/// </summary>
public static class HuggingFaceGpt
{
    /// <summary>The most bytes in a file unless said otherwise: 5 GB, as in Hugging Face's own library.</summary>
    public const long DefaultShardBytes = 5_000_000_000;

    private const string Gpt2 = "gpt2", Ours = "kansformers";

    /// <summary>Loads the model of a folder.</summary>
    /// <param name="folder">The folder, with <c>config.json</c> and weights.</param>
    /// <param name="device">Where the model is wanted; null is the CPU.</param>
    /// <exception cref="KansformersException">A file is missing or damaged, or the model is of a kind or has an option that this library does not have.</exception>
    public static Gpt Load(string folder, Device? device = null) => GptCheckpoint.Load(folder, null, device);

    /// <summary>Writes <c>config.json</c> and the weights in safetensors, each file atomically, the configuration last.</summary>
    /// <param name="model">The model.</param>
    /// <param name="folder">Where to; made when missing.</param>
    /// <param name="shardBytes">The most bytes of weights in a file; more go to several, with an index.</param>
    /// <returns>What became of each tensor.</returns>
    /// <exception cref="KansformersException">A file cannot be written.</exception>
    public static IReadOnlyList<TensorChange> Save(Gpt model, string folder, long shardBytes = DefaultShardBytes)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var scope = NewDisposeScope();
        return Write(folder, model.Options, [.. model.state_dict().Select(entry => StateDictionary.ToStored(entry.Key, entry.Value))], shardBytes);
    }

    /// <summary>As above, with the tensors of a file, which keep their element types and are read while they are written.</summary>
    internal static IReadOnlyList<TensorChange> Write(string folder, GptOptions options, IReadOnlyList<StoredTensor> tensors, long shardBytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(shardBytes, 1);
        bool isGpt2 = options.Placement == KanPlacement.None;
        List<TensorChange> changes = [];
        List<StoredTensor> written = [];
        foreach (StoredTensor tensor in tensors)
        {
            bool turns = isGpt2 && Gpt2Names.IsTransposed(tensor.Name);
            written.Add(turns ? tensor.Transposed() : tensor);
            changes.Add(new TensorChange(tensor.Name, tensor.Name, turns ? TensorFate.Transposed : TensorFate.Kept));
        }

        using FilesTogether files = FilesTogether.Begin();
        Dictionary<string, string> metadata = new() { ["format"] = "pt" };
        if (written.Sum(tensor => tensor.ByteLength) > shardBytes)
            ShardedTensors.Write(folder, written, shardBytes, metadata);
        else
            StateDictionary.Save(Path.Combine(folder, HuggingFaceFolder.SafetensorsName), written, metadata);
        AtomicFile.Write(Path.Combine(folder, HuggingFaceFolder.ConfigName), stream =>
        {
            using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
            json.WriteStartObject();
            json.WriteString("model_type", isGpt2 ? Gpt2 : Ours);
            Gpt2Config.Write(json, options);
            if (!isGpt2)
            {
                json.WritePropertyName(Ours);
                json.WriteRawValue(GptMetadata.Text(options));
            }

            json.WriteEndObject();
        });
        files.Keep();
        return changes;
    }

    /// <summary>Refuses a folder, whose weights need not be there yet, that holds a model of another kind.</summary>
    /// <exception cref="KansformersException"><c>config.json</c> is missing or damaged, or names another type.</exception>
    internal static void RequireKnown(string folder)
    {
        if (HuggingFaceFolder.TypeIn(folder) is string type && type is not (Gpt2 or Ours))
            throw OtherType(folder, type);
    }

    /// <summary>Opens a folder under the names that our models have; the architecture stands in the header, as in our own files.</summary>
    /// <exception cref="KansformersException">As for <see cref="Load"/>.</exception>
    internal static (TensorFile Weights, IReadOnlyList<TensorChange> Changes) Open(string path)
    {
        HuggingFaceFolder folder = HuggingFaceFolder.Open(path);
        try
        {
            List<TensorChange> changes = [];
            GptOptions options;
            List<StoredTensor> tensors;
            switch (folder.ModelType)
            {
                case Gpt2:
                    options = Gpt2Config.Read(folder);
                    tensors = Gpt2Names.ToOurs(folder, ref options, changes);
                    break;
                case Ours:
                    options = folder.Config.TryGetProperty(Ours, out JsonElement told)
                        ? GptMetadata.Parse(told.GetRawText(), $"'{folder.Folder}': the architecture in config.json")
                        : throw new KansformersException($"'{folder.Folder}': config.json has no '{Ours}' with the architecture; restore the file");
                    tensors = [.. folder.Weights.Tensors];
                    changes.AddRange(tensors.Select(tensor => new TensorChange(tensor.Name, tensor.Name, TensorFate.Kept)));
                    break;
                default:
                    throw OtherType(folder.Folder, folder.ModelType);
            }

            TensorFile weights = new(folder.Folder, folder, folder.Weights.Format, tensors)
            {
                Metadata = folder.Weights.Metadata.SetItem(GptMetadata.Key, GptMetadata.Text(options)),
            };
            RequireAgreement(options, GptCheckpoint.Infer(weights), folder.Folder);
            return (weights, changes);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    private static KansformersException OtherType(string folder, string type) => new($"'{folder}' holds a model of type '{type}'; known are {Gpt2} and {Ours}");

    private static void RequireAgreement(GptOptions config, GptOptions weights, string folder)
    {
        if (Sizes(config) != Sizes(weights))
            throw new KansformersException($"'{folder}': config.json says {Text(config)}, the weights {Text(weights)}; they do not belong together");

        static (int, int, int, int) Sizes(GptOptions options) => (options.Layers, options.Width, options.BlockSize, options.VocabularySize);

        string Text(GptOptions options)
        {
            (string Name, Func<GptOptions, int> Of)[] sizes = [("{0} layers", o => o.Layers), ("width {0}", o => o.Width), ("block size {0}", o => o.BlockSize), ("vocabulary {0}", o => o.VocabularySize)];
            return string.Join(", ", sizes.Where(size => size.Of(config) != size.Of(weights)).Select(size =>
                options == weights ? $"{size.Of(options)}" : string.Format(System.Globalization.CultureInfo.InvariantCulture, size.Name, size.Of(options))));
        }
    }
}
