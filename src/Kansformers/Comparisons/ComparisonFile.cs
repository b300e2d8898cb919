using System.Text.Json;
using System.Text.Json.Nodes;
using Kansformers.Checkpoints;
using Kansformers.Files;
using Kansformers.Training;

namespace Kansformers.Comparisons;

/// <summary>Reads a comparison from its JSON file. Every key must be known: what is misspelt would else be left out without a word.</summary>
internal static class ComparisonFile
{
    private static readonly string[] Keys = ["about", "data", "model", "training", "seeds", "match", "baseline", "models"];
    private static readonly string[] ModelKeys = ["name", "about", "model", "training", "seeds", "match"];

    public static ComparisonConfig Read(string path) => Of(Parse(path, "comparison"), $"'{path}': ", "comparison");

    /// <summary>The comparison that a file describes, or the part of a file that is one.</summary>
    /// <param name="root">What it says.</param>
    /// <param name="place">What messages begin with.</param>
    /// <param name="what">What the file is of, for messages.</param>
    /// <param name="others">The keys that are read elsewhere.</param>
    public static ComparisonConfig Of(JsonObject root, string place, string what, params string[] others)
    {
        RequireKnown(root, [.. Keys, .. others], place, what);
        JsonArray models = root["models"] as JsonArray ?? throw new KansformersException($"{place}'models' must be a list of models");
        ModelEntry[] entries = [.. models.Select((entry, i) => ReadEntry(entry, $"{place}models[{i}]"))];
        ComparisonConfig config = new()
        {
            Data = ReadData(Object(root, "data", place), place),
            Models = ModelEntry.Build(Object(root, "model", place), Object(root, "training", place), entries, place),
        };
        if (Seeds(root, place) is IReadOnlyList<long> seeds)
            config = config with { Seeds = seeds };
        return config with { Match = ReadMatch(root, place), Baseline = Text(root, "baseline", place) };
    }

    private static ModelEntry ReadEntry(JsonNode? node, string place)
    {
        if (node is not JsonObject entry)
            throw new KansformersException($"{place} must be an object with a name");
        string name = Text(entry, "name", $"{place}: ") is { Length: > 0 } given ? given : throw new KansformersException($"{place} has no 'name'");
        string mine = $"{place} '{name}': ";
        RequireKnown(entry, ModelKeys, mine, "comparison");
        string? match = Text(entry, "match", mine);
        if (match is not (null or "none"))
            throw new KansformersException($"{mine}'match' can only be \"none\", which keeps the model's own size and steps");
        return new ModelEntry(name, Object(entry, "model", mine), Object(entry, "training", mine)) { Seeds = Seeds(entry, mine), IsMatched = match is null };
    }

    private static DataConfig ReadData(JsonObject data, string place)
    {
        data = data.DeepClone().AsObject();
        data.TryAdd("tokenizer", "char");
        try
        {
            JsonObject whole = new() { ["model"] = new JsonObject(), ["training"] = new JsonObject(), ["data"] = data };
            RunConfig read = RunConfig.Parse(whole);
            return JsonLayers.Unknown(data, read.ToJson()["data"]!.AsObject()).FirstOrDefault() is not string unknown ? read.Data
                : throw new KansformersException($"{place}there is no setting 'data.{unknown}'; leave it out");
        }
        catch (JsonException failure)
        {
            string at = KindConverter.Place(failure);
            throw new KansformersException(place + (at is "" or "data" ? "'data' needs 'data', a path or the name of a corpus" : $"'{at}' is empty or holds a wrong value"), failure);
        }
    }

    private static ComparisonMatch ReadMatch(JsonObject root, string place)
    {
        try
        {
            return Text(root, "match", place) is string text ? ComparisonMatch.Parse(text) : new ComparisonMatch();
        }
        catch (KansformersException failure)
        {
            throw new KansformersException(place + failure.Message, failure);
        }
    }

    // A list of numbers, or text as the command line takes it.
    private static IReadOnlyList<long>? Seeds(JsonObject from, string place)
    {
        try
        {
            return from["seeds"] switch
            {
                null => null,
                JsonArray list => SeedList.Parse(string.Join(',', list.Select(seed => seed?.ToJsonString()))),
                JsonNode one => SeedList.Parse(one.ToString()),
            };
        }
        catch (KansformersException failure)
        {
            throw new KansformersException(place + failure.Message, failure);
        }
    }

    private static JsonObject Object(JsonObject from, string key, string place) => from[key] switch
    {
        null => [],
        JsonObject found => found,
        _ => throw new KansformersException($"{place}'{key}' must be an object of names and values"),
    };

    /// <summary>A text of a key; null where there is none.</summary>
    public static string? Text(JsonObject from, string key, string place) => from[key] switch
    {
        null => null,
        JsonValue value when value.TryGetValue(out string? text) => text,
        _ => throw new KansformersException($"{place}'{key}' must be a text"),
    };

    private static void RequireKnown(JsonObject from, string[] known, string place, string what)
    {
        if (from.Select(entry => entry.Key).FirstOrDefault(key => !known.Contains(key)) is string unknown)
            throw new KansformersException($"{place}'{unknown}' is no key of a {what}; use {string.Join(", ", known)}");
    }

    /// <summary>The object that a file holds.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What it is of, for messages.</param>
    public static JsonObject Parse(string path, string what)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            ReadOnlySpan<byte> json = File.ReadAllBytes(path);
            if (json.StartsWith("\uFEFF"u8))
                json = json[3..]; // as some editors begin a file
            JsonNode? node = JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return node as JsonObject ?? throw new KansformersException($"'{path}' must hold a JSON object that describes a {what}");
        }
        catch (Exception failure) when (failure is JsonException or ArgumentException)
        {
            throw new KansformersException($"'{path}' is not valid JSON: {failure.Message.ReplaceLineEndings(" ")}", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new KansformersException($"cannot read the {what} '{path}': {AtomicFile.Reason(failure)}", failure);
        }
    }
}
