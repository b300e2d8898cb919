using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kansformers.Kan;

/// <summary>The kinds of KAN layers. A new kind is a file with its options and its basis, and a line here.</summary>
public static class KanKinds
{
    /// <summary>Every kind with its default options, in the order in which they are shown.</summary>
    public static IReadOnlyList<KanOptions> All { get; } =
    [
        new BSplineOptions(),
        new RadialBasisOptions(),
        new SwitchOptions(),
        new ChebyshevOptions(),
        new FourierOptions(),
        new RationalOptions(),
    ];

    /// <summary>The names of the kinds.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(kind => kind.Kind)];

    /// <summary>The default options of a kind.</summary>
    /// <param name="name">Its name, letter case aside.</param>
    /// <exception cref="KansformersException">There is no such kind; the message lists them.</exception>
    public static KanOptions Named(string name) => All.FirstOrDefault(kind => kind.Kind.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new KansformersException($"unknown KAN kind '{name}': use one of {string.Join(", ", Names)}");
}

/// <summary>Options as JSON with their kind under <c>kind</c>; files from before there were kinds say none and mean B-splines.</summary>
internal sealed class KanOptionsConverter : JsonConverter<KanOptions>
{
    private const string KindKey = "kind";

    /// <inheritdoc/>
    public override KanOptions Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        Utf8JsonReader ahead = reader;
        using JsonDocument document = JsonDocument.ParseValue(ref ahead);
        string kind = BSplineOptions.KindName;
        if (document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(KindKey, out JsonElement told))
            kind = told.ValueKind == JsonValueKind.String ? told.GetString()! : throw new JsonException($"the KAN kind is {told}; it must be a text");
        try
        {
            return (KanOptions)JsonSerializer.Deserialize(ref reader, KanKinds.Named(kind).GetType(), options)!;
        }
        catch (KansformersException failure)
        {
            throw new JsonException(failure.Message, failure);
        }
        catch (JsonException failure)
        {
            throw new JsonException(failure.Message, failure); // the serializer adds the place of these options
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, KanOptions value, JsonSerializerOptions options)
    {
        using JsonDocument document = JsonSerializer.SerializeToDocument(value, value.GetType(), options);
        writer.WriteStartObject();
        writer.WriteString(KindKey, value.Kind);
        foreach (JsonProperty property in document.RootElement.EnumerateObject())
            property.WriteTo(writer);
        writer.WriteEndObject();
    }
}
