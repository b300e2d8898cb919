namespace Kansformers.Evaluation;

/// <summary>The requests that a task's rows come to.</summary>
internal sealed class TaskRequests
{
    /// <param name="data">The task with its rows.</param>
    /// <param name="scorer">Makes tokens.</param>
    /// <param name="options">How many rows, and how many are shown before each.</param>
    /// <exception cref="KansformersException">A text has a character that the tokenizer does not know, or there are too few rows to be shown.</exception>
    public TaskRequests(TaskData data, RequestScorer scorer, TaskOptions options)
    {
        FewShot = data.Examples.Count == 0 ? 0 : options.FewShot ?? data.Definition.FewShot.Count;
        FewShotExamples shown = new(data, FewShot, options.Seed);
        Rows = [.. Limited(data.Examples, example => example.Group, options.Limit).Select(example => new RowRequests(example,
            [.. example.Continuations.Select(continuation => scorer.Encode(new TextRequest(shown.Before(example, example.Context), continuation)))],
            example.Unconditional is not string context ? null : [.. example.Continuations.Select(continuation => scorer.Encode(new TextRequest(context, continuation)))]))];
        Texts = [.. Limited(data.Texts, text => text.Group, options.Limit).Select(text => (text, scorer.Roll(text.Text)))];
        All = [.. Rows.SelectMany(row => row.Choices.Concat(row.Unconditional ?? [])), .. Texts.SelectMany(text => text.Windows)];
    }

    /// <summary>How many rows are shown before each.</summary>
    public int FewShot { get; }

    /// <summary>Rows with choices.</summary>
    public IReadOnlyList<RowRequests> Rows { get; }

    /// <summary>Texts with their windows.</summary>
    public IReadOnlyList<(TaskText Text, IReadOnlyList<ScoringRequest> Windows)> Texts { get; }

    /// <summary>All requests; some may be equal.</summary>
    public IReadOnlyList<ScoringRequest> All { get; }

    private static IEnumerable<T> Limited<T>(IReadOnlyList<T> rows, Func<T, string> group, int? limit) =>
        limit is not int most ? rows : rows.GroupBy(group).SelectMany(part => part.Take(most));
}

/// <summary>The requests of a row.</summary>
/// <param name="Example">The row.</param>
/// <param name="Choices">One for each choice.</param>
/// <param name="Unconditional">One for each choice after a context that says nothing of the row; null where the row has none.</param>
internal sealed record RowRequests(TaskExample Example, IReadOnlyList<ScoringRequest> Choices, IReadOnlyList<ScoringRequest>? Unconditional);
