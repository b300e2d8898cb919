using System.Text.Json;
using System.Text.Json.Nodes;
using Kansformers.Checkpoints;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Comparisons;

/// <summary>What a file, or words, say of one model: its name, and settings over those that all share.</summary>
/// <param name="Name">The name.</param>
/// <param name="Model">Settings of the architecture, by the names of <c>config.json</c>.</param>
/// <param name="Training">Settings of the training, by the names of <c>config.json</c>.</param>
internal sealed record ModelEntry(string Name, JsonObject Model, JsonObject Training)
{
    public IReadOnlyList<long>? Seeds { get; init; }

    public bool IsMatched { get; init; } = true;

    /// <summary>The models of some entries.</summary>
    /// <param name="model">The architecture that they share.</param>
    /// <param name="training">The training that they share.</param>
    /// <param name="entries">What each says over it.</param>
    /// <param name="place">What messages begin with, such as the file.</param>
    /// <exception cref="KansformersException">A setting is unknown to the model that names it, or to all models, or has a wrong value.</exception>
    public static IReadOnlyList<ComparisonModel> Build(JsonObject model, JsonObject training, IReadOnlyList<ModelEntry> entries, string place)
    {
        List<(ComparisonModel Model, JsonObject Whole)> built = [.. entries.Select(entry => entry.Build(model, training, place))];
        JsonObject shared = new() { ["model"] = model.DeepClone(), ["training"] = training.DeepClone() };

        // A setting of one family or kind is nothing to the others, but one that no model has is a slip of the pen.
        if (built.Count > 0 && built.Select(one => JsonLayers.Unknown(shared, one.Whole)).Aggregate((some, more) => some.Intersect(more)).FirstOrDefault() is string unknown)
            throw new KansformersException($"{place}'{unknown}' is a setting of no model here; leave it out, or look for its name in a run's config.json");
        return [.. built.Select(one => one.Model)];
    }

    // In a file of a run what is missing means what it meant before there was such an option, here the family's default.
    private static JsonObject OverDefaults(JsonObject model)
    {
        Family family = model["family"] is JsonValue value && value.TryGetValue(out string? name) ? Families.Named(name) : Families.All[0];
        return JsonLayers.Lay(RunConfig.ToJson(family.Defaults), model);
    }

    private (ComparisonModel Model, JsonObject Whole) Build(JsonObject model, JsonObject training, string place)
    {
        string mine = $"{place}model '{Name}': ";
        JsonObject whole = new()
        {
            ["training"] = JsonLayers.Lay(training, Training),
            ["data"] = new JsonObject { ["data"] = "", ["tokenizer"] = "" },
        };
        RunConfig config;
        try
        {
            whole["model"] = OverDefaults(JsonLayers.Lay(model, Model));
            config = RunConfig.Parse(whole);
        }
        catch (KansformersException failure)
        {
            throw new KansformersException(mine + failure.Message, failure);
        }
        catch (Exception failure) when (failure is JsonException or NotSupportedException)
        {
            string at = KindConverter.Place(failure);
            throw new KansformersException(at.Length > 0 ? $"{mine}'{at}' is empty or holds a wrong value" : mine + failure.Message.ReplaceLineEndings(" "), failure);
        }

        JsonObject all = config.ToJson();
        JsonObject own = new() { ["model"] = Model.DeepClone(), ["training"] = Training.DeepClone() };
        if (JsonLayers.Unknown(own, all).FirstOrDefault() is string unknown)
            throw new KansformersException($"{mine}there is no setting '{unknown}'; leave it out, or look for its name in a run's config.json");
        return (new ComparisonModel(Name, config.Model, config.Training) { Seeds = Seeds, IsMatched = IsMatched }, all);
    }
}
