using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kansformers.Training;

/// <summary>Options of a listed entry as JSON, its name under <c>kind</c>; files from before there was a list name none and mean its first entry.</summary>
/// <param name="all">The list.</param>
/// <param name="named">Finds an entry of the list.</param>
internal sealed class ListedOptionsConverter<T>(IReadOnlyList<T> all, Func<string, T> named) : JsonConverter<T>
    where T : ListedOptions<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        T entry = Kind(reader) is string kind ? named(kind) : all[0];
        try
        {
            return (T)JsonSerializer.Deserialize(ref reader, entry.GetType(), options)!;
        }
        catch (JsonException failure)
        {
            throw new JsonException(failure.Message, failure); // the serializer adds the place of these options
        }
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, value, value.GetType(), options);

    // Reads ahead: the reader is a copy.
    private static string? Kind(Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            return null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool found = reader.ValueTextEquals("kind"u8);
            reader.Read();
            if (found)
                return reader.TokenType == JsonTokenType.String ? reader.GetString() : throw new JsonException("the kind is no text");
            reader.Skip();
        }

        return null;
    }
}
