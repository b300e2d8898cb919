namespace Kansformers.Generation;

/// <summary>Why a generation ended.</summary>
public enum FinishReason
{
    /// <summary>The most tokens that were asked for have been generated.</summary>
    Length,

    /// <summary>A stop string came.</summary>
    StopString,

    /// <summary>The model ended its text.</summary>
    EndOfText,
}

/// <summary>One generated text and how it came about.</summary>
public sealed record GeneratedText
{
    /// <summary>What was generated, without the prompt, the stop string and the end-of-text token.</summary>
    public required string Text { get; init; }

    /// <summary>The number of the sample, from 0.</summary>
    public required int Sample { get; init; }

    /// <summary>Why it ended.</summary>
    public required FinishReason FinishReason { get; init; }

    /// <summary>The tokens of the prompt; 0 when it was empty.</summary>
    public required int PromptTokens { get; init; }

    /// <summary>The tokens that were drawn, with those of a stop string and the end of text.</summary>
    public required int NewTokens { get; init; }

    /// <summary>How long it took, from the prompt to the last token.</summary>
    public required double Seconds { get; init; }

    /// <summary>How long the prompt and the first token took.</summary>
    public required double SecondsToFirstToken { get; init; }

    /// <summary>Tokens per second after the first; of all tokens when there is but one.</summary>
    public double TokensPerSecond =>
        NewTokens > 1 && Seconds > SecondsToFirstToken ? (NewTokens - 1) / (Seconds - SecondsToFirstToken) : Seconds > 0 ? NewTokens / Seconds : 0;
}
