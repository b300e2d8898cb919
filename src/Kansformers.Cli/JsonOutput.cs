using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Kansformers.Cli;

/// <summary>The one JSON object that <c>--json</c> puts on standard output.</summary>
internal static class JsonOutput
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower), new FiniteNumbers() },
    };

    public static void Print(object value) => Console.Out.WriteLine(Text(value));

    /// <summary>The object as <see cref="Print"/> puts it there.</summary>
    public static string Text(object value) => JsonSerializer.Serialize(value, Options);

    /// <summary>As <see cref="Print"/>, with more properties, whose names are as they shall be.</summary>
    public static void PrintWith(IEnumerable<(string Name, object? Value)> more, object value)
    {
        JsonObject all = JsonSerializer.SerializeToNode(value, Options)!.AsObject();
        foreach ((string name, object? one) in more)
            all[name] = JsonSerializer.SerializeToNode(one, Options);
        Print(all);
    }

    // JSON has no NaN; what could not be measured is null.
    private sealed class FiniteNumbers : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
                writer.WriteNumberValue(value);
            else
                writer.WriteNullValue();
        }
    }
}
