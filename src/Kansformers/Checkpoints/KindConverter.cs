using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kansformers.Checkpoints;

/// <summary>
/// Options of a listed entry (a KAN kind, a family, an optimizer, an objective) as JSON, its name first; files from before there was a list name none and mean
/// its first entry. An unknown name is the list's own failure, which says what there is.
/// </summary>
/// <param name="first">The first entry.</param>
/// <param name="named">Finds an entry of the list.</param>
/// <param name="kindOf">An entry's name.</param>
internal class KindConverter<T>(Func<T> first, Func<string, T> named, Func<T, string> kindOf) : JsonConverter<T>
    where T : class
{
    /// <summary>Under which key the entry's name stands.</summary>
    protected virtual string KindKey => "kind";

    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        T entry = Kind(reader) is string kind ? named(kind) : first();
        try
        {
            return (T)JsonSerializer.Deserialize(ref reader, entry.GetType(), options)!;
        }
        catch (JsonException failure)
        {
            throw new JsonException(failure.Message, failure); // the serializer adds the place of these options: see Place
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        using JsonDocument document = JsonSerializer.SerializeToDocument(value, value.GetType(), options);
        writer.WriteStartObject();
        writer.WriteString(KindKey, kindOf(value));
        foreach (JsonProperty property in document.RootElement.EnumerateObject().Where(property => property.Name != KindKey))
            property.WriteTo(writer);
        writer.WriteEndObject();
    }

    // Reads ahead: the reader is a copy.
    private string? Kind(Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            return null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool found = reader.ValueTextEquals(KindKey);
            reader.Read();
            if (found)
                return reader.TokenType == JsonTokenType.String ? reader.GetString() : throw new JsonException($"the {KindKey} is no text");
            reader.Skip();
        }

        return null;
    }
}

/// <summary>Where reading JSON failed.</summary>
internal static class KindConverter
{
    /// <summary>The place of a failure, such as <c>model.kan.grid_size</c>; empty where it is not told. Listed options are read apart, from a place of their own.</summary>
    public static string Place(Exception failure)
    {
        string place = "";
        for (Exception? at = failure; at is JsonException { Path: ['$', .. string path] }; at = at.InnerException)
            place += path;
        return place is ['.', .. string name] ? name : "";
    }
}
