using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Kansformers.Files;

namespace Kansformers.Evaluation;

/// <summary>Reads tasks from their files, those that come with the library and a user's own.</summary>
public static class TaskFile
{
    private const string Resources = "Kansformers.Tasks.";
    private const long MostBytes = 1 << 20;

    private static readonly string[] MayBeNull = ["context", "target", "target-names", "label-file", "group"];

    private static readonly JsonSerializerOptions Json = new()
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>The tasks that come with the library, by name.</summary>
    public static IReadOnlyList<TaskDefinition> BuiltIn { get; } =
    [
        .. typeof(TaskFile).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(Resources, StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Select(name => Parse(Resource(name), name)),
    ];

    /// <summary>Whether a file is a task's, rather than its rows: one JSON object that names a kind.</summary>
    /// <param name="path">The file.</param>
    public static bool IsOne(string path)
    {
        if (!Path.GetExtension(path).Equals(".json", StringComparison.OrdinalIgnoreCase) || new FileInfo(path).Length > MostBytes)
            return false;
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("kind", out _) && document.RootElement.TryGetProperty("name", out _);
        }
        catch (JsonException)
        {
            // A slip in a task's file is told as such; rows have no kind.
            string text = File.ReadAllText(path);
            return text.Contains("\"kind\"", StringComparison.Ordinal) && text.Contains("\"name\"", StringComparison.Ordinal);
        }
    }

    /// <summary>Reads a task.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="KansformersException">It cannot be read, or contradicts itself; the message says where.</exception>
    public static TaskDefinition Read(string path)
    {
        try
        {
            return Parse(File.ReadAllBytes(path), path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new KansformersException($"cannot read the task '{path}': {AtomicFile.Reason(failure)}", failure);
        }
    }

    private static TaskDefinition Parse(byte[] json, string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            RequireValues(document.RootElement, "");
            TaskDefinition task = JsonSerializer.Deserialize<TaskDefinition>(json, Json)!;
            Check(task);
            return task;
        }
        catch (JsonException failure)
        {
            throw new KansformersException($"the task '{path}' is damaged: {failure.Message.ReplaceLineEndings(" ")}", failure);
        }
        catch (KansformersException failure)
        {
            throw new KansformersException($"the task '{path}' cannot be used: {failure.Message}", failure);
        }
    }

    // Most members may be left out, but not be null.
    private static void RequireValues(JsonElement element, string place)
    {
        Require(element.ValueKind != JsonValueKind.Null || MayBeNull.Contains(place), $"{(place.Length == 0 ? "it" : $"'{place}'")} is null; {(place.Length == 0 ? "write an object" : "leave it out, or give it a value")}");
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach ((int i, JsonElement entry) in element.EnumerateArray().Index())
                RequireValues(entry, FormattableString.Invariant($"{place}[{i}]"));
        }
        else if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty member in element.EnumerateObject())
                RequireValues(member.Value, place.Length == 0 ? member.Name : $"{place}.{member.Name}");
        }
    }

    private static void Check(TaskDefinition task)
    {
        bool hasChoices = task.Kind is TaskKind.MultipleChoice or TaskKind.MinimalPairs;
        Require(task.Name.Length > 0 && !task.Name.Contains(',', StringComparison.Ordinal), "its name is empty, or holds a comma");
        Require(hasChoices == task.Choices.Count > 0, hasChoices ? "it has no choices" : $"a task of the kind {Word(task.Kind)} has no choices");
        Require(hasChoices || task.Context is not null, "it has no context");
        Require(task.Kind != TaskKind.MinimalPairs || task.Choices.Count == 2, "minimal pairs have two choices, the better one first");
        Require(task.Kind != TaskKind.MultipleChoice || task.Target is not null, "it has no target, which tells the right choice");
        Require(task.FewShot.Count >= 0, $"few-shot count is {task.FewShot.Count}; it must be at least 0");
        foreach (string? template in (IEnumerable<string?>)[task.Context, task.Target, task.Group, .. task.Choices])
            _ = template is null ? null : TaskTemplate.Parse(template);
        Require(task.TargetNames is null || TaskTemplate.Parse(task.TargetNames).OnlyField is not null, "target-names is to be one field, as {choices.label}");
        Require(task.LabelFile is null || task.LabelFile.Count(letter => letter == '*') == 1, "label-file is to have one star, which stands for the name of the rows' file, as *_labels.txt");
        string[] known = TaskMeasures.Names(task.Kind);
        foreach (string metric in task.Metrics)
            Require(known.Contains(metric), $"there is no metric '{metric}' of {Word(task.Kind)}: use {string.Join(", ", known)}");
        foreach (TaskRewrite rewrite in task.Rewrite)
        {
            Require((rewrite.From is { Length: > 0 }) != (rewrite.Pattern is { Length: > 0 }), "a rewrite is of a text, 'from', or of a 'pattern'");
            try
            {
                _ = rewrite.Pattern is null ? null : new Regex(rewrite.Pattern);
            }
            catch (ArgumentException failure)
            {
                throw new KansformersException($"the pattern '{rewrite.Pattern}' cannot be read: {failure.Message}", failure);
            }
        }
    }

    internal static string Word(TaskKind kind) => JsonSerializer.SerializeToElement(kind, Json).GetString()!;

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
            throw new KansformersException(otherwise);
    }

    private static byte[] Resource(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
