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
    internal static IReadOnlyList<TensorChange> Write(string folder, GptOptions options, IReadOnlyList<StoredTensor> tensors, long shardBytes, IReadOnlyList<int>? endOfText = null)
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

        // Their class always has biases: zeros change nothing.
        if (isGpt2 && !options.Biases)
        {
            StoredType type = tensors[0].Type;
            foreach ((string name, ImmutableArray<long> shape) in GptShapes.Of(options with { Biases = true }).Where(entry => entry.Key.EndsWith(".bias", StringComparison.Ordinal)))
            {
                written.Add(StoredTensor.Create(name, type, shape, new byte[type.Size() * shape[0]]));
                changes.Add(new TensorChange(null, name, TensorFate.Added));
            }
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
            Gpt2Config.Write(json, options, endOfText);
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

    /// <summary>The ids that end a text of a folder's model, by <c>eos_token_id</c> in its <c>config.json</c>.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>One id or more; null when the configuration names none, and the tokenizer's end-of-text token counts.</returns>
    /// <exception cref="KansformersException">A file is missing or damaged, or what it names is no id of the model.</exception>
    public static IReadOnlyList<int>? EndOfTextOf(string folder)
    {
        using HuggingFaceFolder opened = HuggingFaceFolder.Open(folder);
        ConfigReader config = new(opened);
        return config.IsNull("eos_token_id") ? null : Gpt2Config.EndOfText(opened, config.Integer("vocab_size"));
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
            List<FileNote> notes = [];
            GptOptions options;
            List<StoredTensor> tensors;
            TensorFile found = WrappedNames.Strip(folder.Weights);
            switch (folder.ModelType)
            {
                case Gpt2:
                    options = WithItsHead(Gpt2Config.Read(folder));
                    tensors = Gpt2Names.ToOurs(found, options.TiedHead, changes);
                    break;
                case Ours:
                    options = folder.Config.TryGetProperty(Ours, out JsonElement told)
                        ? WithItsHead(GptMetadata.Parse(told.GetRawText(), $"'{folder.Folder}': the architecture in config.json"))
                        : throw new KansformersException($"'{folder.Folder}': config.json has no '{Ours}' with the architecture; restore the file");
                    tensors = [.. found.Tensors];
                    changes.AddRange(tensors.Select(tensor => new TensorChange(found.OriginalName(tensor.Name), tensor.Name, tensor.Name == found.OriginalName(tensor.Name) ? TensorFate.Kept : TensorFate.Renamed)));
                    break;
                default:
                    throw OtherType(folder.Folder, folder.ModelType);
            }

            TensorFile weights = new(folder.Folder, folder, folder.Weights.Format, tensors)
            {
                Metadata = folder.Weights.Metadata.SetItem(GptMetadata.Key, GptMetadata.Text(options)),
                Notes = [.. notes],
            };
            GptSizes.RequireAgreement(folder.Folder, "config.json", options, GptCheckpoint.Infer(weights));
            _ = Gpt2Config.EndOfText(folder, options.VocabularySize); // which checks
            return (weights, changes);

            GptOptions WithItsHead(GptOptions config)
            {
                (StoredTensor? head, StoredTensor? embedding) = Gpt2Names.Ends(found);
                if (!config.TiedHead || head is null || embedding is null || head.Same(embedding))
                    return config;
                notes.Add(GptFile.Untied(folder.Folder, "config.json says, or leaves it to the default,"));
                return config with { TiedHead = false };
            }
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    private static KansformersException OtherType(string folder, string type) => new($"'{folder}' holds a model of type '{type}'; known are {Gpt2} and {Ours}");
}
