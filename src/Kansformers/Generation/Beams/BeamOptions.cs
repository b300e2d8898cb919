using Kansformers.Runtime;

namespace Kansformers.Generation;

/// <summary>
/// How beam search looks for the likeliest text. At each token the <see cref="Beams"/> likeliest beginnings are kept, by the sum of the logarithms of their tokens'
/// probabilities; texts that end are ranked by their score, sum / length ^ <see cref="LengthPenalty"/>. Lengths are counted from the token that the text goes on from, which
/// is of length 1, to the one before the end. The defaults are Hugging Face's, with four beams.
/// </summary>
public sealed record BeamOptions
{
    /// <summary>How many beginnings are kept, at least 1; 1 always takes the likeliest token.</summary>
    public int Beams { get; init; } = 4;

    /// <summary>How many of the texts that were found are returned, the best first, at most as many as there are beams.</summary>
    public int Returned { get; init; } = 1;

    /// <summary>The most new tokens, that which ends the text among them; null for as many as <see cref="MaxLength"/> and the model's block have room for.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>The fewest new tokens before the text may end.</summary>
    public int MinNewTokens { get; init; }

    /// <summary>
    /// Where <see cref="MaxNewTokens"/> does not say it, the most tokens of a text with what it goes on from, which for an encoder-decoder is one token; the block bounds it. Null
    /// for as many as the block has room for.
    /// </summary>
    public int? MaxLength { get; init; }

    /// <summary>The fewest tokens, counted as for <see cref="MaxLength"/>, before the text may end.</summary>
    public int MinLength { get; init; }

    /// <summary>The power of the length that scores are divided by: 0 for sums as they are, above 0 in favour of long texts, below 0 of short ones.</summary>
    public double LengthPenalty { get; init; } = 1;

    /// <summary>When the texts that have ended suffice.</summary>
    public BeamStop Stop { get; init; }

    /// <summary>No n tokens in a row come twice in a text, what it goes on from included; 0 to allow it.</summary>
    public int NoRepeatNgram { get; init; }

    /// <summary>The token that the text must begin with; null for any.</summary>
    public int? ForcedBegin { get; init; }

    /// <summary>The token that must be the last of <see cref="MaxNewTokens"/>; null for any.</summary>
    public int? ForcedEnd { get; init; }

    /// <summary>The tokens that end a text; null for the model's, where it has one.</summary>
    public IReadOnlyList<int>? EndOfText { get; init; }

    /// <summary>Tokens that are never written.</summary>
    public IReadOnlyList<int> Suppressed { get; init; } = [];

    /// <summary>What a folder in Hugging Face's layout asks for, in its <c>generation_config.json</c> or, without one, its <c>config.json</c>.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="KansformersException">A file cannot be read, or asks for what beam search does not have.</exception>
    public static BeamOptions Of(string folder) => BeamConfig.Read(folder);

    /// <summary>Checks every option.</summary>
    /// <exception cref="KansformersException">The message names the option, its value and what is allowed.</exception>
    public void Validate()
    {
        Allowed.Require(Beams >= 1, "beams", Beams, "at least 1");
        Allowed.Require(Returned >= 1 && Returned <= Beams, "returned", Returned, $"1 to the number of beams, {Beams}");
        Allowed.Require(MaxNewTokens is null or >= 1, "max new tokens", MaxNewTokens ?? 0, "at least 1");
        Allowed.Require(MinNewTokens >= 0 && MinNewTokens <= (MaxNewTokens ?? int.MaxValue), "min new tokens", MinNewTokens, "0 to the most new tokens");
        Allowed.Require(MaxLength is null or >= 2, "max length", MaxLength ?? 0, "at least 2");
        Allowed.Require(MinLength >= 0 && MinLength <= (MaxLength ?? int.MaxValue), "min length", MinLength, "0 to the max length");
        Allowed.Require(double.IsFinite(LengthPenalty), "length penalty", LengthPenalty, "a number");
        Allowed.Require(NoRepeatNgram >= 0, "no-repeat n-gram", NoRepeatNgram, "at least 1, or 0 to allow repetition");
        foreach (int token in Suppressed)
            Allowed.Require(token >= 0, "suppressed", token, "a token of the model, 0 or above");
        Allowed.Require("stop", Stop);
    }
}
