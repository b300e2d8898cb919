using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Kansformers.Checkpoints;
using Kansformers.Files;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// Models in folders of Hugging Face's layout. Those that a class of theirs can hold are of its type (<c>model_type</c> <c>gpt2</c>), which Python loads;
/// others, with KAN layers say, are <c>kansformers</c>, under our names and shapes.
/// </summary>
public static class HuggingFaceModel
{
    /// <summary>The most bytes in a file unless said otherwise: 5 GB, as in Hugging Face's own library.</summary>
    public const long DefaultShardBytes = 5_000_000_000;

    private const string Ours = ModelMetadata.Key, EndOfTextName = "eos_token_id", VocabularyName = "vocab_size";

    /// <summary>Writes <c>config.json</c>, the weights in safetensors and, of an encoder-decoder, <c>generation_config.json</c>; each file atomically, the configuration last.</summary>
    /// <param name="model">The model.</param>
    /// <param name="folder">Where to; made when missing.</param>
    /// <param name="shardBytes">The most bytes of weights in a file; more go to several, with an index.</param>
    /// <returns>What became of each tensor.</returns>
    /// <exception cref="KansformersException">A file cannot be written.</exception>
    public static IReadOnlyList<TensorChange> Save(TransformerModel model, string folder, long shardBytes = DefaultShardBytes)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var scope = NewDisposeScope();
        return Write(folder, model.Options, [.. model.state_dict().Select(entry => StateDictionary.ToStored(entry.Key, entry.Value))], shardBytes);
    }

    /// <summary>The ids that end a text of a folder's model, by <c>eos_token_id</c> in its <c>config.json</c>.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>One id or more; null when the configuration names none, and the tokenizer's end-of-text token counts.</returns>
    /// <exception cref="KansformersException">A file is missing or damaged, or what it names is no id of the model.</exception>
    internal static IReadOnlyList<int>? EndOfTextOf(string folder)
    {
        using HuggingFaceFolder opened = HuggingFaceFolder.Open(folder);
        ConfigReader config = new(opened);
        return config.IsNull(EndOfTextName) ? null : config.TokenIds(EndOfTextName, config.Integer(VocabularyName));
    }

    /// <summary>As above, with the tensors of a file, which keep their element types and are read while they are written.</summary>
    internal static IReadOnlyList<TensorChange> Write(string folder, ModelOptions options, IReadOnlyList<StoredTensor> tensors, long shardBytes, FolderExtras extras = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(shardBytes, 1);
        HuggingFaceLayout? layout = options.Family.HuggingFace;
        HuggingFaceLayout? theirs = layout?.Holds(options) is true ? layout : null;
        List<TensorChange> changes = [];
        IReadOnlyList<StoredTensor> written = theirs?.ToTheirs(tensors, options, changes) ?? tensors;
        if (theirs is null)
            changes.AddRange(tensors.Select(tensor => new TensorChange(tensor.Name, tensor.Name, TensorFate.Kept)));

        using FilesTogether files = FilesTogether.Begin();
        Dictionary<string, string> metadata = new() { ["format"] = "pt" };
        if (written.Sum(tensor => tensor.ByteLength) > shardBytes)
            ShardedTensors.Write(folder, written, shardBytes, metadata);
        else
            StateDictionary.Save(Path.Combine(folder, HuggingFaceFolder.SafetensorsName), written, metadata);
        GenerationFile.Write(folder, options, extras.Generation);
        AtomicFile.Write(Path.Combine(folder, HuggingFaceFolder.ConfigName), stream =>
        {
            using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
            json.WriteStartObject();
            json.WriteString("model_type", theirs?.ModelType ?? Ours);
            if (layout is null)
                json.WriteNumber(VocabularyName, options.VocabularySize);
            else
                layout.Write(json, options);
            if (layout?.TellsEnd is true && extras.Generation is string source)
                GenerationFile.WriteOptions(json, source);
            else if (extras.EndOfText is not null && layout?.TellsEnd is not true)
                WriteEndOfText(json, extras.EndOfText, begins: options.Family.IsCausal);
            if (theirs is null)
            {
                json.WritePropertyName(Ours);
                json.WriteRawValue(ModelMetadata.Text(options));
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
        if (HuggingFaceFolder.TypeIn(folder) is string type && type != Ours)
            _ = LayoutOf(folder, type);
    }

    /// <summary>Opens a folder under the names that our models have; the architecture stands in the header, as in our own files.</summary>
    /// <exception cref="KansformersException">A file is missing or damaged, or the model is of a kind or has an option that this library does not have.</exception>
    internal static (TensorFile Weights, IReadOnlyList<TensorChange> Changes) Open(string path)
    {
        HuggingFaceFolder folder = HuggingFaceFolder.Open(path);
        try
        {
            List<TensorChange> changes = [];
            List<FileNote> notes = [];
            TensorFile found = WrappedNames.Strip(folder.Weights);
            bool isOurs = folder.ModelType == Ours;
            ModelOptions options = isOurs ? Told(folder) : LayoutOf(folder.Folder, folder.ModelType).Read(folder);
            HuggingFaceLayout? layout = options.Family.HuggingFace;
            options = layout?.Settle(folder, found, options, notes) ?? options;
            List<StoredTensor> tensors = isOurs ? [.. found.Tensors] : layout!.ToOurs(found, options, changes);
            if (isOurs)
                changes.AddRange(tensors.Select(tensor => new TensorChange(found.OriginalName(tensor.Name), tensor.Name, tensor.Name == found.OriginalName(tensor.Name) ? TensorFate.Kept : TensorFate.Renamed)));
            TensorFile weights = new(folder.Folder, folder, folder.Weights.Format, tensors)
            {
                Metadata = ModelMetadata.Set(folder.Weights.Metadata, options),
                Notes = [.. notes],
            };
            layout?.RequireAgreement(weights, options);
            _ = new ConfigReader(folder).TokenIds(EndOfTextName, options.VocabularySize); // which checks
            return (weights, changes);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    private static ModelOptions Told(HuggingFaceFolder folder) => folder.Config.TryGetProperty(Ours, out JsonElement told)
        ? ModelMetadata.Parse(told.GetRawText(), $"'{folder.Folder}': the architecture in config.json")
        : throw new KansformersException($"'{folder.Folder}': config.json has no '{Ours}' with the architecture; restore the file");

    private static HuggingFaceLayout LayoutOf(string folder, string type)
    {
        HuggingFaceLayout[] known = [.. Families.All.Select(family => family.HuggingFace).OfType<HuggingFaceLayout>()];
        return known.FirstOrDefault(layout => layout.ModelType == type)
            ?? throw new KansformersException($"'{folder}' holds a model of type '{type}'; known are {string.Join(", ", known.Select(layout => layout.ModelType))} and {Ours}");
    }

    // What ends a text begins one, too, for models that continue text.
    private static void WriteEndOfText(Utf8JsonWriter json, IReadOnlyList<int> ids, bool begins)
    {
        if (begins)
            json.WriteNumber("bos_token_id", ids[0]);
        json.WritePropertyName(EndOfTextName);
        json.WriteRawValue(ids.Count == 1 ? ids[0].ToString(CultureInfo.InvariantCulture) : $"[{string.Join(',', ids)}]");
    }
}
