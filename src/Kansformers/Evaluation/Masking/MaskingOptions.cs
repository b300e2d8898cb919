using Kansformers.Runtime;

namespace Kansformers.Evaluation;

/// <summary>What is masked as a whole.</summary>
public enum MaskedUnit
{
    /// <summary>A token.</summary>
    Token,

    /// <summary>All tokens of a word, where the tokenizer tells words.</summary>
    Word,
}

/// <summary>
/// Which tokens of a text a model has to guess, and what it sees in their place: of a share of the tokens most are masked, some are another token, and some stay (Devlin
/// et al., "BERT", 2019).
/// </summary>
public sealed record MaskingOptions
{
    /// <summary>The share of tokens that are to be guessed; at least one of a sequence is.</summary>
    public double Share { get; init; } = 0.15;

    /// <summary>The share of these that the mask stands for.</summary>
    public double Masked { get; init; } = 0.8;

    /// <summary>The share of these that another token stands for, drawn from the vocabulary; the rest stays as it is.</summary>
    public double Random { get; init; } = 0.1;

    /// <summary>What is masked as a whole.</summary>
    public MaskedUnit Unit { get; init; }

    /// <summary>Checks every option.</summary>
    /// <exception cref="KansformersException">The message names the option, its value and what is allowed.</exception>
    public void Validate()
    {
        Allowed.Require(Share is > 0 and < 1, "mask share", Share, "above 0 and below 1");
        Allowed.Require(Masked is >= 0 and <= 1, "masked share", Masked, "0 to 1");
        Allowed.Require(Random >= 0 && Masked + Random <= 1 + 1e-9, "random share", Random, "at least 0, and with the masked share at most 1");
        Allowed.Require("mask unit", Unit);
    }
}
