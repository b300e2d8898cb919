using Kansformers.Runtime;

namespace Kansformers.Generation;

/// <summary>How tokens are drawn and when to stop. The defaults draw 256 tokens from the model's own distribution.</summary>
public sealed record SamplingOptions
{
    /// <summary>The most tokens to generate, at least 1.</summary>
    public int MaxNewTokens { get; init; } = 256;

    /// <summary>What the logits are divided by: below 1 sharper, above 1 flatter, 0 greedy (always the likeliest token).</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Only the k largest logits stay; those equal to the k-th stay too. 0 keeps all.</summary>
    public int TopK { get; init; }

    /// <summary>
    /// Only the likeliest tokens stay, the fewest whose probabilities together reach this (nucleus sampling, Holtzman et al., "The
    /// Curious Case of Neural Text Degeneration", 2020). 1 keeps all.
    /// </summary>
    public double TopP { get; init; } = 1;

    /// <summary>Only tokens at least this share as likely as the likeliest stay (Nguyen et al., "Min-p Sampling", 2024). 0 keeps all.</summary>
    public double MinP { get; init; }

    /// <summary>
    /// Logits of tokens that are in the prompt or were generated are divided by this when positive and multiplied when negative
    /// (Keskar et al., "CTRL", 2019). Above 1 discourages repetition; 1 does nothing.
    /// </summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Texts at which generation ends; the text that is returned ends before them. They are looked for in the generated text only.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <summary>Chooses the random draws. The same seed gives the same draws on every platform.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>How many texts to generate, each with draws of its own, at least 1.</summary>
    public int Samples { get; init; } = 1;

    /// <summary>Whether keys and values of past tokens are kept. Without, every token costs a pass over the whole window; the tokens are the same.</summary>
    public bool UseCache { get; init; } = true;

    /// <summary>Whether generation ends at the tokenizer's end-of-text token, when it has one.</summary>
    public bool StopAtEndOfText { get; init; } = true;

    /// <summary>The token ids that end the text, as a model's configuration may tell; null for the tokenizer's end-of-text token.</summary>
    public IReadOnlyList<int>? EndOfText { get; init; }

    /// <summary>Checks every option.</summary>
    /// <exception cref="KansformersException">The message names the option, its value and what is allowed.</exception>
    public void Validate()
    {
        Allowed.Require(MaxNewTokens >= 1, "max new tokens", MaxNewTokens, "at least 1");
        Allowed.Require(double.IsFinite(Temperature) && Temperature >= 0, "temperature", Temperature, "0 (greedy) or a positive number");
        Allowed.Require(TopK >= 0, "top-k", TopK, "at least 1, or 0 to keep all tokens");
        Allowed.Require(TopP is > 0 and <= 1, "top-p", TopP, "above 0 and at most 1 (which keeps all tokens)");
        Allowed.Require(MinP is >= 0 and <= 1, "min-p", MinP, "0 (which keeps all tokens) to 1");
        Allowed.Require(double.IsFinite(RepetitionPenalty) && RepetitionPenalty > 0, "repetition penalty", RepetitionPenalty, "a positive number (1 does nothing)");
        Allowed.Require(Samples >= 1, "samples", Samples, "at least 1");
        if (StopStrings is null || StopStrings.Any(string.IsNullOrEmpty))
            throw new KansformersException("a stop string is empty; give text, or leave the option out");
    }
}
