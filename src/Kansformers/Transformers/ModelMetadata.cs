using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Kansformers.Checkpoints;

namespace Kansformers.Transformers;

/// <summary>
/// The architecture in the header of a weight file of ours, as JSON: it tells what shapes do not (family, heads, base activation, dropout, how grids are
/// updated), so that the file is whole without its run folder. PyTorch files hold it beside the weights.
/// </summary>
internal static class ModelMetadata
{
    /// <summary>Where a file tells its architecture.</summary>
    public const string Key = "kansformers";

    /// <summary>Where the architecture tells its family.</summary>
    public const string FamilyKey = "family";

    // Files from before there were families.
    private const string EarlierKey = "gpt";

    private static readonly JsonSerializerOptions Json = new()
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(), // named, since programs in one file switch the default off
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>What a header says for a model.</summary>
    public static KeyValuePair<string, string> Of(TransformerModel model) => new(Key, Text(model.Options));

    /// <summary>A header that tells this architecture and no other.</summary>
    public static ImmutableSortedDictionary<string, string> Set(ImmutableSortedDictionary<string, string> header, ModelOptions options) =>
        header.Remove(EarlierKey).SetItem(Key, Text(options));

    /// <summary>An architecture as JSON.</summary>
    public static string Text(ModelOptions options) => JsonSerializer.Serialize(options, Json);

    /// <summary>What a file's header says; null for files that were not made here.</summary>
    /// <exception cref="KansformersException">It says something that cannot be.</exception>
    public static ModelOptions? Read(TensorFile file) =>
        (file.Metadata.GetValueOrDefault(Key) ?? file.Metadata.GetValueOrDefault(EarlierKey)) is string text ? Parse(text, $"'{file.Path}': the architecture in its header") : null;

    /// <summary>What a PyTorch file of ours says; null for all others.</summary>
    /// <exception cref="KansformersException">It says something that cannot be.</exception>
    public static ModelOptions? InContent(TensorFile file) =>
        file.Content?.TryGet(Key, out object? text) is true && text is string json ? Parse(json, $"'{file.Path}': the architecture under '{Key}'") : null;

    /// <summary>The content of a PyTorch file that tells its architecture.</summary>
    public static PickleDictionary PyTorch(ModelOptions options, IEnumerable<StoredTensor> tensors)
    {
        PickleDictionary state = new(), content = new();
        foreach (StoredTensor tensor in tensors)
            state.Set(tensor.Name, tensor);
        content.Set("model", state);
        content.Set(Key, Text(options));
        return content;
    }

    /// <summary>The architecture that a JSON text says.</summary>
    /// <param name="text">The text.</param>
    /// <param name="what">What it is, for messages.</param>
    /// <exception cref="KansformersException">It says something that cannot be.</exception>
    public static ModelOptions Parse(string text, string what)
    {
        try
        {
            ModelOptions options = JsonSerializer.Deserialize<ModelOptions>(text, Json) ?? throw new JsonException("it is null");
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
