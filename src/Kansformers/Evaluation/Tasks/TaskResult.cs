using Kansformers.Text;

namespace Kansformers.Evaluation;

/// <summary>A number that a task comes to.</summary>
/// <param name="Metric">What is measured.</param>
/// <param name="Value">Its value.</param>
/// <param name="StandardError">Its standard error; NaN where one example alone was measured.</param>
/// <param name="Examples">Of how many examples.</param>
/// <param name="Ties">In how many of them the right choice shares the highest score with another, and so counts in part; for greedy accuracy, where equal logits share.</param>
public sealed record TaskMeasure(string Metric, double Value, double StandardError, int Examples, int Ties);

/// <summary>A part of a task, such as a paradigm.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Measures">What it comes to.</param>
public sealed record TaskPart(string Name, IReadOnlyList<TaskMeasure> Measures);

/// <summary>What a task comes to.</summary>
public sealed record TaskResult
{
    /// <summary>The task's name.</summary>
    public required string Task { get; init; }

    /// <summary>What is asked in it.</summary>
    public required TaskKind Kind { get; init; }

    /// <summary>What it comes to: where there are several paradigms, the mean of theirs; where rows lie in several files, of all rows together.</summary>
    public required IReadOnlyList<TaskMeasure> Measures { get; init; }

    /// <summary>Its parts; none where there is one alone.</summary>
    public required IReadOnlyList<TaskPart> Parts { get; init; }

    /// <summary>How many examples are shown before each row.</summary>
    public required int FewShot { get; init; }

    /// <summary>How many requests were scored, equal ones once.</summary>
    public required int Requests { get; init; }

    /// <summary>Of how many requests the context was cut at its beginning, since the block has no room for it.</summary>
    public required int ContextsCut { get; init; }

    /// <summary>Of how many requests the continuation itself was cut at its beginning.</summary>
    public required int ContinuationsCut { get; init; }

    /// <summary>How many choices have no token of the tokenizer: they are taken for impossible.</summary>
    public required int WithoutTokens { get; init; }

    /// <summary>What of the rows' texts has no token, and was left out.</summary>
    public required LostText Lost { get; init; }

    /// <summary>What else a reader should know.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>How long it took, in this sitting.</summary>
    public required double Seconds { get; init; }
}

/// <summary>How far a task is.</summary>
/// <param name="Task">The task.</param>
/// <param name="Done">Requests that are scored, those of earlier sittings included.</param>
/// <param name="Total">All requests.</param>
/// <param name="Kept">Of these, those of earlier sittings.</param>
public readonly record struct TaskProgress(string Task, int Done, int Total, int Kept);
