using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Kansformers.Kan;

/// <summary>
/// Options of KAN layers by name, for command lines and files: <c>chebyshev:degree=6,norm=none</c>. The names are those of the kind's record, in lower case with
/// hyphens; a kind's file alone says what there is.
/// </summary>
public static class KanSettings
{
    private static readonly JsonSerializerOptions Json = new()
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(), // named, since programs in one file switch the default off
        PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    /// <summary>The names that a kind knows.</summary>
    public static IReadOnlyList<string> Names(KanOptions options) => [.. Fields(options).Select(field => field.Key)];

    /// <summary>An option's value as text; null when the kind has no such option, or it is not set.</summary>
    public static string? Get(KanOptions options, string name) => Fields(options)[name]?.ToString();

    /// <summary>Reads a kind, or a kind with options: <c>KIND</c> or <c>KIND:NAME=VALUE,NAME=VALUE</c>.</summary>
    /// <exception cref="KansformersException">There is no such kind or option, or the value is none for it.</exception>
    public static KanOptions Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Apply(KanKinds.Named(text.Split(':', 2)[0].Trim()), text);
    }

    /// <summary>Options of a kind that is known with those that a text gives: <c>KIND:NAME=VALUE,NAME=VALUE</c>.</summary>
    /// <exception cref="KansformersException">The text is of another kind, there is no such option, or the value is none for it.</exception>
    public static KanOptions Apply(KanOptions options, string text)
    {
        string[] parts = text.Split(':', 2);
        string kind = KanKinds.Named(parts[0].Trim()).Kind;
        if (kind != options.Kind)
            throw new KansformersException($"'{text}' is of the kind {kind}, but the layers are of the kind {options.Kind}");
        HashSet<string> given = [];
        foreach (string setting in parts.Length < 2 ? [] : parts[1].Split(',', StringSplitOptions.TrimEntries))
        {
            if (setting.Split('=', 2, StringSplitOptions.TrimEntries) is not [string name, string value])
                throw new KansformersException($"'{setting}' in '{text}' is no option of a KAN layer; write NAME=VALUE");
            if (!given.Add(name))
                throw new KansformersException($"'{name}' stands twice in '{text}'; leave one of them out");
            options = With(options, name, value);
        }

        return options;
    }

    /// <summary>The options with one of them changed.</summary>
    /// <param name="options">The options.</param>
    /// <param name="name">Which one, such as <c>grid-size</c>.</param>
    /// <param name="value">Its value as text; <c>none</c> for an option that may be absent.</param>
    /// <exception cref="KansformersException">The kind has no such option, or the value is none for it.</exception>
    public static KanOptions With(KanOptions options, string name, string value)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        JsonObject fields = Fields(options);
        if (!fields.ContainsKey(name))
            throw new KansformersException($"layers of the kind {options.Kind} have no option '{name}'; they have {string.Join(", ", fields.Select(field => field.Key))}");
        foreach (JsonNode? candidate in Readings(value))
        {
            fields[name] = candidate;
            try
            {
                return (KanOptions)JsonSerializer.Deserialize(fields, options.GetType(), Json)!;
            }
            catch (JsonException)
            {
                // Another reading may fit.
            }
        }

        throw new KansformersException($"'{value}' is no {name} of layers of the kind {options.Kind}: use {Allowed(options, name)}");
    }

    // What values an option can have, in a few words.
    private static string Allowed(KanOptions options, string name)
    {
        Type type = options.GetType().GetProperties().First(property => JsonNamingPolicy.KebabCaseLower.ConvertName(property.Name) == name).PropertyType;
        Type? inner = Nullable.GetUnderlyingType(type);
        string words = (inner ?? type) switch
        {
            { IsEnum: true } names => string.Join(", ", Enum.GetNames(names).Select(JsonNamingPolicy.KebabCaseLower.ConvertName)),
            Type whole when whole == typeof(int) => "a whole number",
            Type truth when truth == typeof(bool) => "true or false",
            Type sharing when sharing == typeof(KanSharing) => "edge, channel or group:N with N at least 1",
            _ => "a number",
        };
        return inner is null ? words : words + ", or none";
    }

    private static JsonObject Fields(KanOptions options) => JsonSerializer.SerializeToNode(options, options.GetType(), Json)!.AsObject();

    // As a number or a truth value, as text, as nothing.
    private static IEnumerable<JsonNode?> Readings(string value)
    {
        JsonNode? literal = null;
        try
        {
            literal = JsonNode.Parse(value);
        }
        catch (JsonException)
        {
            // Not a literal.
        }

        if (literal is JsonValue)
            yield return literal;
        yield return JsonValue.Create(value);
        if (value.Equals("none", StringComparison.OrdinalIgnoreCase))
            yield return null;
    }
}
