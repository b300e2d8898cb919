using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kansformers.Files;

namespace Kansformers.Evaluation;

/// <summary>
/// What tasks came to, in one file of JSON: an evaluation in each line. One of the same task, the same requests (and so the same rows, limit and examples) and the same weights
/// takes the place of the earlier; all others stay.
/// </summary>
internal sealed class TaskResultsFile
{
    /// <summary>The file's name within a folder of results.</summary>
    public const string Name = "results.json";

    private const string All = "evaluations", Task = "task", Weights = "weights", Rows = "requests_digest";

    private readonly string _path;
    private readonly List<JsonObject> _evaluations;

    private TaskResultsFile(string path, List<JsonObject> evaluations) => (_path, _evaluations) = (path, evaluations);

    /// <summary>Reads the file of a folder, whose lock the caller holds; where there is none yet it holds nothing.</summary>
    /// <exception cref="KansformersException">It cannot be read, or is something else.</exception>
    public static TaskResultsFile Open(string folder)
    {
        string path = Path.Combine(folder, Name);
        if (!File.Exists(path))
            return new TaskResultsFile(path, []);
        try
        {
            JsonArray? all = (JsonNode.Parse(File.ReadAllBytes(path)) as JsonObject)?[All] as JsonArray;
            List<JsonObject> evaluations = [.. (all ?? []).OfType<JsonObject>()];
            if (all is null || evaluations.Count < all.Count)
                throw new JsonException($"it has no list '{All}'");
            return new TaskResultsFile(path, evaluations);
        }
        catch (JsonException failure)
        {
            throw new KansformersException($"'{path}' holds no results of tasks that could be kept: {failure.Message.ReplaceLineEndings(" ")}; move it away, or name another TaskOptions.Folder", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new KansformersException($"cannot read '{path}': {AtomicFile.Reason(failure)}", failure);
        }
    }

    /// <summary>Adds an evaluation, and writes the file anew in one step.</summary>
    /// <param name="result">What a task came to.</param>
    /// <param name="options">How it was evaluated.</param>
    /// <param name="weights">The digest of the model.</param>
    /// <param name="requests">What was asked.</param>
    public void Add(TaskResult result, TaskOptions options, string weights, IEnumerable<ScoringRequest> requests)
    {
        string digest = Digest(requests);
        JsonObject evaluation = new()
        {
            [Task] = result.Task,
            ["kind"] = TaskFile.Word(result.Kind),
            ["few_shot"] = result.FewShot,
            ["limit"] = options.Limit,
            ["seed"] = options.Seed,
            [Weights] = weights,
            [Rows] = digest,
            ["measures"] = Measures(result.Measures),
            ["paradigms"] = new JsonArray([.. result.Parts.Select(part => new JsonObject { ["paradigm"] = part.Name, ["measures"] = Measures(part.Measures) })]),
            ["requests"] = result.Requests,
            ["contexts_cut"] = result.ContextsCut,
            ["continuations_cut"] = result.ContinuationsCut,
            ["without_tokens"] = result.WithoutTokens,
            ["lost_characters"] = result.Lost.Characters,
            ["notes"] = new JsonArray([.. result.Notes.Select(note => JsonValue.Create(note))]),
            ["seconds"] = result.Seconds,
            ["time"] = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
        };
        _evaluations.RemoveAll(old => IsText(old[Task], result.Task) && IsText(old[Weights], weights) && IsText(old[Rows], digest));
        _evaluations.Add(evaluation);
        StringBuilder text = new StringBuilder("{\n  \"").Append(All).Append("\": [\n    ");
        text.AppendJoin(",\n    ", _evaluations.Select(one => one.ToJsonString())).Append("\n  ]\n}\n");
        AtomicFile.WriteText(_path, text.ToString());
    }

    private static bool IsText(JsonNode? node, string text) => node is JsonValue value && value.TryGetValue(out string? own) && own == text;

    // JSON has no NaN; what could not be measured is null.
    private static JsonArray Measures(IEnumerable<TaskMeasure> measures) => new([.. measures.Select(measure => new JsonObject
    {
        ["metric"] = measure.Metric,
        ["value"] = double.IsFinite(measure.Value) ? measure.Value : null,
        ["standard_error"] = double.IsFinite(measure.StandardError) ? measure.StandardError : null,
        ["examples"] = measure.Examples,
        ["ties"] = measure.Ties,
    })]);

    private static string Digest(IEnumerable<ScoringRequest> requests)
    {
        System.IO.Hashing.XxHash128 hash = new();
        Span<byte> bytes = stackalloc byte[16];
        foreach (ScoringRequest request in requests)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt128LittleEndian(bytes, request.Key);
            hash.Append(bytes);
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash())[..16];
    }
}
