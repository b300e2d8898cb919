namespace Kansformers.Evaluation;

/// <summary>How well a model predicts a corpus.</summary>
public sealed record EvaluationResult
{
    /// <summary>The mean negative log-likelihood, in nats per token.</summary>
    public required double Loss { get; init; }

    /// <summary>exp(loss): how many equally likely tokens would be as hard to guess.</summary>
    public double Perplexity => Math.Exp(Loss);

    /// <summary>
    /// The negative log-likelihood in bits, all tokens together, over the UTF-8 bytes of their text: comparable between tokenizers.
    /// NaN when the tokens stand for no text, or it is not known for how much: ready tokens do not tell it where a token stands for unknown text.
    /// </summary>
    public required double BitsPerByte { get; init; }

    /// <summary>How many tokens were scored: all but the first, which nothing precedes.</summary>
    public required long Tokens { get; init; }

    /// <summary>How many tokens each window lay behind the one before.</summary>
    public required int Stride { get; init; }

    /// <summary>How long it took.</summary>
    public required double Seconds { get; init; }

    /// <summary>Scored tokens per second.</summary>
    public double TokensPerSecond => Seconds > 0 ? Tokens / Seconds : 0;
}
