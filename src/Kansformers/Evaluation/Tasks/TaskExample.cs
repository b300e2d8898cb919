namespace Kansformers.Evaluation;

/// <summary>A row of a task, ready to be asked: a context, and what may follow it.</summary>
/// <param name="Group">The part of the task that it belongs to.</param>
/// <param name="Context">The context.</param>
/// <param name="Continuations">What may follow, with what stands in between.</param>
/// <param name="Right">Which of them is right.</param>
internal sealed record TaskExample(string Group, string Context, IReadOnlyList<string> Continuations, int Right)
{
    /// <summary>The choices without what stands between them and the context: by their lengths likelihoods are divided.</summary>
    public IReadOnlyList<string> Choices { get; init; } = Continuations;

    /// <summary>A context that says nothing of the row, by which one sees how likely the choices are by themselves; null for none.</summary>
    public string? Unconditional { get; init; }

    /// <summary>The row as an example for others.</summary>
    public string Shown => Context + Continuations[Right];
}

/// <summary>A text whose likelihood is asked for.</summary>
/// <param name="Group">The part of the task that it belongs to.</param>
/// <param name="Text">What is scored.</param>
/// <param name="Original">What its words and bytes are counted of.</param>
internal sealed record TaskText(string Group, string Text, string Original);

/// <summary>The rows of a task.</summary>
/// <param name="Definition">The task.</param>
/// <param name="Files">Where they were read.</param>
internal sealed record TaskData(TaskDefinition Definition, IReadOnlyList<string> Files)
{
    /// <summary>Rows with choices.</summary>
    public IReadOnlyList<TaskExample> Examples { get; init; } = [];

    /// <summary>Texts.</summary>
    public IReadOnlyList<TaskText> Texts { get; init; } = [];

    /// <summary>Rows that are shown before those that are asked about, read when they are wanted; null for other rows of the task.</summary>
    public Lazy<IReadOnlyList<TaskExample>>? Shown { get; init; }

    /// <summary>What a user should know of the files; null for nothing.</summary>
    public string? Note { get; init; }
}
