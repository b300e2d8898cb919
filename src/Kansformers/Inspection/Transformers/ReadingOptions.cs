namespace Kansformers.Inspection;

/// <summary>How much of a corpus <see cref="FunctionReader"/> reads, and what it measures.</summary>
public sealed record ReadingOptions
{
    /// <summary>How many tokens to read, at least; batches are read whole.</summary>
    public long Tokens { get; init; } = 32768;

    /// <summary>Whether the gradient of the loss at each layer's output is measured too, which takes a backward pass; without it there is no <see cref="FunctionReading.Attribution"/>.</summary>
    public bool Gradients { get; init; } = true;

    /// <summary>Checks the options.</summary>
    /// <exception cref="KansformersException">One is invalid; the message names it.</exception>
    public void Validate()
    {
        if (Tokens < 1)
            throw new KansformersException(FormattableString.Invariant($"{nameof(ReadingOptions)}.{nameof(Tokens)} is {Tokens}; it must be at least 1"));
    }
}

/// <summary>How far a reading has come.</summary>
/// <param name="TokensDone">The tokens that are read.</param>
/// <param name="TokensTotal">The tokens to read in all.</param>
public readonly record struct ReadingProgress(long TokensDone, long TokensTotal);
