using Kansformers.Files;

namespace Kansformers.Evaluation;

/// <summary>How tasks are evaluated.</summary>
public sealed record TaskOptions
{
    /// <summary>How many examples are shown before each row; null for as many as the task itself says.</summary>
    public int? FewShot { get; init; }

    /// <summary>Decides which rows are shown.</summary>
    public long Seed { get; init; } = 1234;

    /// <summary>The most rows of each part of a task, from its beginning; null for all.</summary>
    public int? Limit { get; init; }

    /// <summary>How requests are put together.</summary>
    public ScoringOptions Scoring { get; init; } = new();

    /// <summary>Where scores are kept, so that an interrupted evaluation goes on, and results are added to <c>results.json</c>; null keeps none.</summary>
    public string? Folder { get; init; }

    /// <summary>Whether scores that are kept are forgotten, and computed again.</summary>
    public bool Again { get; init; }

    /// <summary>A folder for scores of models that have none of their own, in the user's cache.</summary>
    public static string CacheFolder => Path.Combine(UserCache.Folder, "tasks");

    /// <summary>Checks every option.</summary>
    /// <exception cref="KansformersException">The message names the option, its value and what is allowed.</exception>
    public void Validate()
    {
        if (FewShot < 0)
            throw new KansformersException($"few-shot is {FewShot}; it must be at least 0");
        if (Limit < 1)
            throw new KansformersException($"limit is {Limit}; it must be at least 1");
        Scoring.Validate();
    }
}
