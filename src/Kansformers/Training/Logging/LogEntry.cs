namespace Kansformers.Training;

/// <summary>One line of a run's log.</summary>
public abstract record LogEntry
{
    /// <summary>The optimizer step that the entry belongs to, counted as the trainer counts.</summary>
    public required long Step { get; init; }
}

/// <summary>What one optimizer step did (<c>"kind":"train"</c>).</summary>
public sealed record TrainRecord : LogEntry
{
    /// <summary>Mean loss of the step's tokens in nats per token.</summary>
    public required double Loss { get; init; }

    /// <summary>The learning rate of the step.</summary>
    public double LearningRate { get; init; }

    /// <summary>The gradient's 2-norm over all parameters before clipping.</summary>
    public double GradNorm { get; init; }

    /// <summary>Tokens seen since the run's start, this step's included.</summary>
    public long Tokens { get; init; }

    /// <summary>Tokens per second of late.</summary>
    public double TokensPerSecond { get; init; }

    /// <summary>Seconds of training since the run's start.</summary>
    public double Seconds { get; init; }
}

/// <summary>One measurement on the held-out text (<c>"kind":"validation"</c>).</summary>
public sealed record ValidationRecord : LogEntry
{
    /// <summary>Mean loss of the held-out tokens in nats per token.</summary>
    public required double Loss { get; init; }

    /// <summary>Whether no validation before it was better.</summary>
    public bool Best { get; init; }

    /// <summary>How many tokens were scored.</summary>
    public long Tokens { get; init; }

    /// <summary>Seconds that the measurement took.</summary>
    public double Seconds { get; init; }

    /// <summary>The mean share of the KAN layers' inputs that lay outside their grids, 0 to 1; null without KAN layers.</summary>
    public double? OutsideGrid { get; init; }

    /// <summary>What was measured beside the loss, such as the accuracy.</summary>
    public IReadOnlyList<Measure> Measures { get; init; } = [];
}

/// <summary>Something worth knowing about the run, in words (<c>"kind":"note"</c>).</summary>
public sealed record NoteRecord : LogEntry
{
    /// <summary>The words.</summary>
    public required string Text { get; init; }
}
