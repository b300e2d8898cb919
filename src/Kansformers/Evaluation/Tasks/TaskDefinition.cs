using System.Text.Json.Serialization;

namespace Kansformers.Evaluation;

/// <summary>What is asked of a model in each row of a task, and so how it is scored.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TaskKind>))]
public enum TaskKind
{
    /// <summary>Which of several continuations of a context is the likeliest?</summary>
    [JsonStringEnumMemberName("multiple-choice")]
    MultipleChoice,

    /// <summary>Which of two texts is likelier? The first choice is the one that should be.</summary>
    [JsonStringEnumMemberName("minimal-pairs")]
    MinimalPairs,

    /// <summary>How likely is the last word of a text after the others, and would greedy decoding write it?</summary>
    [JsonStringEnumMemberName("last-word")]
    LastWord,

    /// <summary>How likely is a text?</summary>
    [JsonStringEnumMemberName("perplexity")]
    Perplexity,
}

/// <summary>
/// A benchmark task, as its file of JSON tells it: where its rows are, and how context and choices are made of their fields. A template is text in which <c>{field}</c>,
/// <c>{field.of.an.object}</c> or <c>{field|capitalize}</c> stands for what a row has there; <c>{{</c> and <c>}}</c> are braces.
/// </summary>
public sealed record TaskDefinition
{
    /// <summary>The task's name.</summary>
    public required string Name { get; init; }

    /// <summary>What is asked.</summary>
    public required TaskKind Kind { get; init; }

    /// <summary>
    /// Where its rows may be; the first that is there is taken: names or patterns of files and folders (beside the task's file, or in the folder that is given for data), and
    /// data sets of a hub (<c>hub:owner/name:split</c>).
    /// </summary>
    public IReadOnlyList<string> Data { get; init; } = [];

    /// <summary>The template of the context, or of the text whose last word or likelihood is asked for; null for none.</summary>
    public string? Context { get; init; }

    /// <summary>The templates of the choices; a single one that is nothing but a field may stand for a list.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>
    /// The template of the right choice: its number from 0, its name among <see cref="TargetNames"/>, its letter, or the choice itself. Of minimal pairs none is needed.
    /// </summary>
    public string? Target { get; init; }

    /// <summary>The field that lists the names of the choices, as <c>{choices.label}</c>; null where they have none.</summary>
    public string? TargetNames { get; init; }

    /// <summary>A file beside the rows, whose lines are the targets, where rows have none: <c>*_labels.txt</c>, in which the star is the name of the rows' file.</summary>
    public string? LabelFile { get; init; }

    /// <summary>The template of the part of the task that a row belongs to, a paradigm; null for one part for each file.</summary>
    public string? Group { get; init; }

    /// <summary>What stands between context and choice.</summary>
    public string Delimiter { get; init; } = " ";

    /// <summary>What is changed in contexts, choices and texts, one after the other, once their fields are filled in.</summary>
    public IReadOnlyList<TaskRewrite> Rewrite { get; init; } = [];

    /// <summary>Examples that are shown before each row.</summary>
    public TaskExamples FewShot { get; init; } = new();

    /// <summary>What is reported; none for all that the kind has.</summary>
    public IReadOnlyList<string> Metrics { get; init; } = [];
}

/// <summary>A change of text: <see cref="From"/>, or what the regular expression <see cref="Pattern"/> finds, becomes <see cref="To"/>.</summary>
public sealed record TaskRewrite
{
    /// <summary>A text; null where a pattern is given.</summary>
    public string? From { get; init; }

    /// <summary>A regular expression; null where a text is given.</summary>
    public string? Pattern { get; init; }

    /// <summary>What stands in its place; <c>$1</c> is the pattern's first group.</summary>
    public string To { get; init; } = "";
}

/// <summary>Rows that are shown with their answers before the row that is asked about.</summary>
public sealed record TaskExamples
{
    /// <summary>How many, where the caller does not say.</summary>
    public int Count { get; init; }

    /// <summary>What stands between them.</summary>
    public string Separator { get; init; } = "\n\n";

    /// <summary>Where they are, as <see cref="TaskDefinition.Data"/>; where none of these is there, other rows of the task are taken.</summary>
    public IReadOnlyList<string> Data { get; init; } = [];
}
