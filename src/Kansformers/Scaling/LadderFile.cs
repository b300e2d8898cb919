using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Kansformers.Comparisons;

namespace Kansformers.Scaling;

/// <summary>Reads a ladder from its JSON file: that of a comparison, and what makes a ladder of it.</summary>
internal static class LadderFile
{
    private const string What = "ladder", Sizes = "sizes", Tokens = "tokens", Rates = "rates";

    private static readonly JsonSerializerOptions Exponents = new(RunFiles.Json) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    public static LadderConfig Read(string path)
    {
        string place = $"'{path}': ";
        JsonObject root = ComparisonFile.Parse(path, What);
        ComparisonConfig kinds = ComparisonFile.Of(root, place, What, Sizes, Tokens, Rates);
        try
        {
            return new LadderConfig
            {
                Kinds = kinds,
                Sizes = List(root, Sizes, LadderSize.Parse),
                Budgets = List(root, Tokens, TokenBudget.Parse),
                Rates = ReadRates(root),
            };
        }
        catch (KansformersException failure)
        {
            throw new KansformersException(place + failure.Message, failure);
        }
    }

    // A word, or exponents by name.
    private static WidthRule? ReadRates(JsonObject root)
    {
        if (root[Rates] is not JsonObject exponents)
            return WidthRule.Parse(ComparisonFile.Text(root, Rates, "") ?? WidthRule.Words[0]);
        try
        {
            return exponents.Deserialize<WidthRule>(Exponents);
        }
        catch (JsonException failure)
        {
            throw new KansformersException($"'{Rates}' must be {string.Join(" or ", WidthRule.Words)}, or an object of the exponents muon_exponent and matrix_exponent", failure);
        }
    }

    private static T[] List<T>(JsonObject root, string key, Func<string, T> read) => root[key] is JsonArray { Count: > 0 } list && list.All(entry => entry is JsonValue)
        ? [.. list.Select(entry => read(entry!.GetValueKind() == JsonValueKind.String ? entry.GetValue<string>() : entry.ToJsonString()))]
        : throw new KansformersException($"'{key}' must be a list that is not empty");
}
