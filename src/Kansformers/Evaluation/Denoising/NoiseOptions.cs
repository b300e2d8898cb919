using Kansformers.Runtime;

namespace Kansformers.Evaluation;

/// <summary>What a mask stands for in a noised text.</summary>
public enum NoiseKind
{
    /// <summary>A span of tokens, whose number is drawn from a Poisson distribution; of none, where nothing was (text infilling).</summary>
    Infilling,

    /// <summary>A token (token masking).</summary>
    Masking,
}

/// <summary>
/// How a text is noised for a model that is to write it as it was (Lewis et al., "BART", 2020): sentences are shuffled, then a share of the tokens is hidden behind masks. A mask of text
/// infilling stands for k tokens with the probability λ^k exp(-λ) / k!, λ being <see cref="SpanLength"/>. The defaults are the paper's.
/// </summary>
public sealed record NoiseOptions
{
    /// <summary>The share of tokens that are hidden; at least one of a text is.</summary>
    public double Share { get; init; } = 0.3;

    /// <summary>What a mask stands for.</summary>
    public NoiseKind Kind { get; init; }

    /// <summary>With <see cref="NoiseKind.Infilling"/> the mean number of tokens that a mask stands for.</summary>
    public double SpanLength { get; init; } = 3;

    /// <summary>The share of texts whose sentences are shuffled.</summary>
    public double PermuteShare { get; init; } = 1;

    /// <summary>Checks every option.</summary>
    /// <exception cref="KansformersException">The message names the option, its value and what is allowed.</exception>
    public void Validate()
    {
        Allowed.Require(Share is > 0 and < 1, "mask share", Share, "above 0 and below 1");
        Allowed.Require(SpanLength is > 0 and <= 100, "span length", SpanLength, "above 0 and at most 100");
        Allowed.Require(PermuteShare is >= 0 and <= 1, "permute share", PermuteShare, "0 to 1");
        Allowed.Require("noise", Kind);
    }
}
