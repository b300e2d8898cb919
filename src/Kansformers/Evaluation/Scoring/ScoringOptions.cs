namespace Kansformers.Evaluation;

/// <summary>How requests are put together.</summary>
public sealed record ScoringOptions
{
    /// <summary>The most requests that go through the model at once; null for as many as suit its size. With 1 nothing is shared between requests.</summary>
    public int? BatchSize { get; init; }

    /// <summary>Checks every option.</summary>
    /// <exception cref="KansformersException">The message names the option, its value and what is allowed.</exception>
    public void Validate()
    {
        if (BatchSize < 1)
            throw new KansformersException($"batch size is {BatchSize}; it must be at least 1");
    }
}
