namespace Kansformers.Scaling;

/// <summary>What a report of scaling is to say and how its laws are fitted.</summary>
public sealed record ScalingReportOptions
{
    /// <summary>The heading of the page.</summary>
    public string Title { get; init; } = "Scaling laws";

    /// <summary>What was trained on what, in a sentence that stands below the first one; null for none.</summary>
    public string? Subject { get; init; }

    /// <summary>The command that makes this page again; null for none.</summary>
    public string? Command { get; init; }

    /// <summary>How laws are fitted; the report counts parameters in every way that the runs allow, whatever is said here.</summary>
    public FitOptions Fit { get; init; } = new();

    /// <summary>Whether the largest size of each group is kept out of its fits, to be predicted by them.</summary>
    public bool HoldOutLargest { get; init; } = true;

    /// <summary>Budgets of operations whose best size is wanted; none takes 1, 10 and 100 times the largest training.</summary>
    public IReadOnlyList<double> Budgets { get; init; } = [];
}
