using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kansformers.Kan;

/// <summary>
/// Which edges of a KAN layer share a function. Per edge, y_o = Σ_i φ_oi(x_i), every edge has coefficients of its own. Per channel or group of channels,
/// y = W φ(x): one function for each input or group of inputs and then an ordinary weight matrix, at the size and cost of a linear layer.
/// </summary>
[JsonConverter(typeof(KanSharingConverter))]
public readonly record struct KanSharing
{
    private const string GroupPrefix = "group:";

    // 0: an edge each; -1: a channel each; else the number of groups.
    private readonly int _groups;

    private KanSharing(int groups) => _groups = groups;

    /// <summary>A function for each edge, (out, in) of them.</summary>
    public static KanSharing Edge => default;

    /// <summary>A function for each input.</summary>
    public static KanSharing Channel => new(-1);

    /// <summary>Whether every edge has a function of its own.</summary>
    public bool IsEdge => _groups == 0;

    /// <summary>A function for each of so many groups of neighbouring inputs.</summary>
    /// <param name="count">The number of groups, at least 1; it must divide the layer's inputs.</param>
    /// <exception cref="KansformersException">The count is below 1.</exception>
    public static KanSharing Group(int count) => count >= 1 ? new KanSharing(count)
        : throw new KansformersException($"sharing is group:{count}; the number of groups must be at least 1");

    /// <summary>Reads <c>edge</c>, <c>channel</c> or <c>group:N</c>.</summary>
    /// <exception cref="KansformersException">It is none of these.</exception>
    public static KanSharing Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Equals("edge", StringComparison.OrdinalIgnoreCase))
            return Edge;
        if (text.Equals("channel", StringComparison.OrdinalIgnoreCase))
            return Channel;
        return text.StartsWith(GroupPrefix, StringComparison.OrdinalIgnoreCase)
            && int.TryParse(text.AsSpan(GroupPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count >= 1
            ? Group(count)
            : throw new KansformersException($"unknown sharing '{text}': use edge, channel or group:N with N at least 1");
    }

    /// <summary>How many functions a layer has that share in this way; 0 where every edge has its own.</summary>
    /// <param name="inFeatures">The layer's inputs.</param>
    /// <exception cref="KansformersException">The groups do not divide the inputs.</exception>
    public long FunctionsOf(long inFeatures) => _groups switch
    {
        0 => 0,
        -1 => inFeatures,
        _ when inFeatures % _groups == 0 => _groups,
        _ => throw new KansformersException($"sharing is {this}, but {inFeatures} inputs cannot be divided into {_groups} equal groups"),
    };

    /// <inheritdoc/>
    public override string ToString() => _groups switch
    {
        0 => "edge",
        -1 => "channel",
        _ => string.Create(CultureInfo.InvariantCulture, $"{GroupPrefix}{_groups}"),
    };
}

/// <summary>A sharing as its text.</summary>
internal sealed class KanSharingConverter : JsonConverter<KanSharing>
{
    /// <inheritdoc/>
    public override KanSharing Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            return KanSharing.Parse(reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException());
        }
        catch (KansformersException failure)
        {
            throw new JsonException(failure.Message, failure);
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, KanSharing value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
