namespace Kansformers.Evaluation;

/// <summary>How well a model guesses or writes tokens of a text that is read in windows.</summary>
public abstract record RowResult
{
    private protected RowResult()
    {
    }

    /// <summary>The mean negative log-likelihood, in nats per token that is wanted.</summary>
    public required double Loss { get; init; }

    /// <summary>exp(loss): among how many equally likely tokens it would be as hard to choose.</summary>
    public double Perplexity => Math.Exp(Loss);

    /// <summary>How many tokens of text were read.</summary>
    public required long Tokens { get; init; }

    /// <summary>In how many windows.</summary>
    public required int Windows { get; init; }

    /// <summary>How long it took.</summary>
    public required double Seconds { get; init; }
}
