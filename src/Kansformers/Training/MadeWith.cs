using System.Text.Json;
using System.Text.Json.Nodes;

namespace Kansformers.Training;

/// <summary>
/// What a checkpoint was made with: all of a run's configuration that decides its numbers, as JSON in the checkpoint's header. To go on with anything
/// else would be neither the old run nor the new one, so <c>config.json</c> must still say the same. Where the text lies may change; the
/// fingerprint tells whether it is the same.
/// </summary>
internal static class MadeWith
{
    /// <summary>The key in the header; checkpoints of earlier versions have none.</summary>
    public const string Key = "made_with";

    /// <summary>What the header says for a run.</summary>
    public static string Text(RunConfig config) => Parts(config.ToJson()).ToJsonString();

    /// <summary>What decides a run's numbers, of all that its file says.</summary>
    public static JsonObject Parts(JsonObject all)
    {
        JsonObject data = all["data"]!.DeepClone().AsObject();
        foreach (string place in (string[])["data", "validation_data", "tokenizer"])
            data.Remove(place);
        JsonObject training = all["training"]!.DeepClone().AsObject();
        if (training["objective"] is JsonObject objective && objective["teacher_digest"] is not null)
            objective.Remove("teacher"); // which may lie elsewhere, as long as it is the same
        return new JsonObject { ["training"] = training, ["model"] = all["model"]!.DeepClone(), ["data"] = data };
    }

    /// <summary>Refuses a configuration that says otherwise. Plans that followed the checkpoint's, as <c>--max-iters</c> and <c>--refine-grid</c> make them, are no such thing.</summary>
    /// <param name="header">What the checkpoint's header says; null for one of an earlier version, of which only the log tells the rate.</param>
    /// <param name="step">The steps that the checkpoint holds.</param>
    /// <param name="run">The run.</param>
    /// <exception cref="KansformersException">The message names the value.</exception>
    public static void Require(string? header, long step, RunFolder run)
    {
        if (header is null)
        {
            RequireRate(step, run);
            return;
        }

        JsonObject then = Parse(header, run);
        Fill(then["training"]!.AsObject(), RunConfig.ToJson(new TrainingOptions()));
        RunConfig config = run.Config with { Training = run.Config.Training with { RefineGrid = [.. run.Config.Training.RefineGrid.Where(planned => planned.Step < step)] } };
        OnlyDone(then["training"]!["refine_grid"] as JsonArray, step);
        int plans = (then["training"]!["earlier_plans"] as JsonArray)?.Count ?? 0;
        IReadOnlyList<EarlierPlan> listed = config.Training.EarlierPlans;
        if (plans < listed.Count && listed[plans].UntilStep >= step)
            config = config with { Training = config.Training with { MaxIters = listed[plans].MaxIters, EarlierPlans = [.. listed.Take(plans)] } };
        if (Difference(then, JsonNode.Parse(Text(config))!, "") is not (string name, string was, string now))
            return;
        string advice = name == "training.max_iters" ? $"put it back, and give the new number to TrainingRun.Resume({HumanText.ShellWord(run.ShortName)}, maxIters: {now})"
            : "put it back, or start a new run (RunConfig.InitialWeights begins from this one's weights)";
        throw new KansformersException($"'{run.ConfigFile}' says {name} {now}, but '{run.CheckpointFile}' was made with {was}; {advice}");
    }

    // Refinements to come may be planned anew.
    private static void OnlyDone(JsonArray? refinements, long step)
    {
        for (int i = (refinements?.Count ?? 0) - 1; i >= 0; i--)
        {
            if (refinements![i]?["step"] is JsonValue planned && planned.TryGetValue(out long at) && at >= step)
                refinements.RemoveAt(i);
        }
    }

    private static void RequireRate(long step, RunFolder run)
    {
        if (step == 0 || !File.Exists(run.LogFile) || RunLog.Read(run.LogFile).OfType<TrainRecord>().LastOrDefault(entry => entry.Step == step) is not TrainRecord last)
            return;
        double planned = run.Config.Training.LearningRates.At(step - 1);
        if (Math.Abs(planned - last.LearningRate) > 1e-9 * Math.Max(planned, last.LearningRate))
        {
            throw new KansformersException(FormattableString.Invariant($"'{run.ConfigFile}' makes the learning rate {planned} at step {step}, but it was {last.LearningRate}: ")
                + $"max_iters, schedule, warmup or a rate is not what '{run.CheckpointFile}' was made with; put it back (another number of steps is given to TrainingRun.Resume(maxIters))");
        }
    }

    // What an earlier version did not know was at its default.
    private static void Fill(JsonObject then, JsonObject defaults)
    {
        foreach ((string key, JsonNode? value) in defaults)
        {
            if (!then.TryGetPropertyValue(key, out JsonNode? known))
                then[key] = value?.DeepClone();
            else if (known is JsonObject inner && value is JsonObject more)
                Fill(inner, more);
        }
    }

    // The first value that both know and that is not the same.
    private static (string Name, string Was, string Now)? Difference(JsonNode? then, JsonNode? now, string place)
    {
        if (then is JsonObject old && now is JsonObject fresh)
        {
            return old.Where(entry => fresh.ContainsKey(entry.Key))
                .Select(entry => Difference(entry.Value, fresh[entry.Key], place.Length == 0 ? entry.Key : $"{place}.{entry.Key}"))
                .FirstOrDefault(found => found is not null);
        }

        string was = Text(then), becomes = Text(now);
        return was == becomes ? null : (place, was, becomes);

        static string Text(JsonNode? value) => value?.ToJsonString() ?? "null";
    }

    private static JsonObject Parse(string header, RunFolder run)
    {
        try
        {
            if (JsonNode.Parse(header) is JsonObject made && made["training"] is JsonObject)
                return made;
        }
        catch (JsonException)
        {
            // Told below.
        }

        throw new KansformersException($"'{run.CheckpointFile}' is damaged: what it was made with cannot be read; restore the file, or start a new run");
    }
}
