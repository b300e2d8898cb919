using System.Text.Json;
using System.Text.Json.Serialization;
using Kansformers.Checkpoints;

namespace Kansformers.Transformers;

/// <summary>
/// The architecture in the header of a weight file of ours, as JSON under <c>gpt</c>: it tells what shapes do not (heads, base activation, dropout,
/// how grids are updated), so that the file is whole without its run folder.
/// </summary>
internal static class GptMetadata
{
    public const string Key = "gpt";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>What a header says for a model.</summary>
    public static KeyValuePair<string, string> Of(Gpt model) => new(Key, Text(model.Options));

    /// <summary>An architecture as JSON.</summary>
    public static string Text(GptOptions options) => JsonSerializer.Serialize(options, Json);

    /// <summary>What a file's header says; null for files that were not made here.</summary>
    /// <exception cref="KansformersException">It says something that cannot be.</exception>
    public static GptOptions? Read(TensorFile file) => file.Metadata.TryGetValue(Key, out string? text) ? Parse(text, $"'{file.Path}': the architecture in its header") : null;

    /// <summary>The architecture that a JSON text says.</summary>
    /// <param name="text">The text.</param>
    /// <param name="what">What it is, for messages.</param>
    /// <exception cref="KansformersException">It says something that cannot be.</exception>
    public static GptOptions Parse(string text, string what)
    {
        try
        {
            GptOptions options = JsonSerializer.Deserialize<GptOptions>(text, Json) ?? throw new JsonException("it is null");
            options.Validate();
            return options;
        }
        catch (Exception failure) when (failure is JsonException or KansformersException)
        {
            string place = KindConverter.Place(failure) is { Length: > 0 } name ? $"'{name}' holds a wrong value" : failure.Message.ReplaceLineEndings(" ");
            throw new KansformersException($"{what} cannot be read: {place}; restore the file", failure);
        }
    }
}
