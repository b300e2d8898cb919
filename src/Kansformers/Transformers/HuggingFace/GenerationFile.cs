using System.Text.Encodings.Web;
using System.Text.Json;
using Kansformers.Checkpoints;
using Kansformers.Files;

namespace Kansformers.Transformers;

/// <summary>How the model of a folder in Hugging Face's layout is to write texts: <c>generation_config.json</c> or, in older folders, options among those of <c>config.json</c>.</summary>
internal static class GenerationFile
{
    private const long MostBytes = 1 << 20;

    /// <summary>Writes the file, where there is anything to tell.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="options">The model's architecture.</param>
    /// <param name="source">A folder whose file is taken over; null for what suits the model.</param>
    public static void Write(string folder, ModelOptions options, string? source)
    {
        if (source is not null)
        {
            string path = Path.Combine(source, HuggingFaceFolder.GenerationName);
            if (!File.Exists(path))
                return; // then its config.json tells it
            using JsonDocument told = JsonFile.Read(path, MostBytes);
            AtomicFile.WriteText(Path.Combine(folder, HuggingFaceFolder.GenerationName), told.RootElement.GetRawText());
        }
        else if (options.Family.HuggingFace is { TellsEnd: true } layout)
        {
            AtomicFile.Write(Path.Combine(folder, HuggingFaceFolder.GenerationName), stream =>
            {
                using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
                json.WriteStartObject();
                layout.WriteGeneration(json, options);
                json.WriteEndObject();
            });
        }
    }

    /// <summary>Writes the options of it that a folder has in its <c>config.json</c> to an object that is begun.</summary>
    /// <param name="json">The object.</param>
    /// <param name="source">The folder.</param>
    public static void WriteOptions(Utf8JsonWriter json, string source)
    {
        using HuggingFaceFolder opened = HuggingFaceFolder.Open(source);
        foreach (JsonProperty option in opened.Config.EnumerateObject().Where(option => GenerationKeys.All.Contains(option.Name)).DistinctBy(option => option.Name))
            option.WriteTo(json);
    }
}

/// <summary>What is written to a folder beside a model's weights and architecture.</summary>
/// <param name="EndOfText">The tokens that end a text; null where they are not known.</param>
/// <param name="Generation">A folder of the same model whose word on how texts are written is taken over; null for what suits the model.</param>
internal readonly record struct FolderExtras(IReadOnlyList<int>? EndOfText = null, string? Generation = null);
