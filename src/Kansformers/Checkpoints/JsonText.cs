using System.Text.Json;

namespace Kansformers.Checkpoints;

/// <summary>The text in JSON documents.</summary>
internal static class JsonText
{
    /// <summary>
    /// Where a document holds text that is no Unicode, or null: bytes that are no UTF-8 and halves of surrogate pairs, which the parser finds only when
    /// a text is asked for.
    /// </summary>
    public static string? Fault(JsonElement element, string place = "")
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                return IsText(() => element.GetString()) ? null : place.Length == 0 ? "the text" : $"'{place}'";
            case JsonValueKind.Array:
                return element.EnumerateArray().Select((item, at) => Fault(item, FormattableString.Invariant($"{place}[{at}]"))).FirstOrDefault(bad => bad is not null);
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    if (!IsText(() => property.Name))
                        return place.Length == 0 ? "one of its names" : $"a name in '{place}'";
                    if (Fault(property.Value, place.Length == 0 ? property.Name : $"{place}.{property.Name}") is string bad)
                        return bad;
                }

                return null;
            default:
                return null;
        }
    }

    private static bool IsText(Func<string?> read)
    {
        try
        {
            read();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
