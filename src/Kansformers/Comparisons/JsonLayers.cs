using System.Text.Json;
using System.Text.Json.Nodes;
using Kansformers.Transformers;

namespace Kansformers.Comparisons;

/// <summary>Settings as JSON, laid over one another: what all models share below, what a model says of its own on top.</summary>
internal static class JsonLayers
{
    private const string Kind = "kind", Family = "family";

    // What all families have: it stays where a model is of another family than the shared settings.
    private static readonly HashSet<string> OfEveryFamily = [.. typeof(ModelOptions).GetProperties().Select(property => JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name))];

    /// <summary>The lower settings with the upper ones over them. A listed entry of another kind, or a model of another family, begins from its own defaults.</summary>
    /// <param name="under">The lower ones; unchanged.</param>
    /// <param name="over">The upper ones; unchanged.</param>
    public static JsonObject Lay(JsonObject under, JsonObject over)
    {
        JsonObject result = Differs(under, over, Kind) ? [] : under.DeepClone().AsObject();
        if (Differs(under, over, Family))
        {
            foreach (string key in result.Select(entry => entry.Key).Where(key => !OfEveryFamily.Contains(key)).ToArray())
                result.Remove(key);
        }

        foreach ((string key, JsonNode? value) in over)
            result[key] = value is JsonObject upper && result[key] is JsonObject lower ? Lay(lower, upper) : value?.DeepClone();
        return result;
    }

    /// <summary>The names, such as <c>kan.grid_size</c>, of settings that the whole does not have.</summary>
    /// <param name="part">Some settings.</param>
    /// <param name="whole">All that there are.</param>
    public static IEnumerable<string> Unknown(JsonObject part, JsonObject whole) => part.SelectMany(entry =>
        !whole.TryGetPropertyValue(entry.Key, out JsonNode? known) ? [entry.Key]
        : entry.Value is JsonObject inner && known is JsonObject more ? Unknown(inner, more).Select(name => $"{entry.Key}.{name}")
        : Array.Empty<string>());

    private static bool Differs(JsonObject under, JsonObject over, string key) => over[key] is JsonValue upper && under[key]?.ToJsonString() != upper.ToJsonString();
}
