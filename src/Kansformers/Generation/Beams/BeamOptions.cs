using System.Text.Json;
using Kansformers.Checkpoints;
using Kansformers.Runtime;
using Kansformers.Transformers;

namespace Kansformers.Generation;

/// <summary>
/// How beam search looks for the likeliest text. At each token the <see cref="Beams"/> likeliest beginnings are kept, by the sum of the logarithms of their tokens'
/// probabilities; texts that end are ranked by their score, sum / length ^ <see cref="LengthPenalty"/>. Lengths are counted from the token that the text goes on from, which
/// is of length 1, to the one before the end. The defaults are Hugging Face's, with four beams.
/// </summary>
public sealed record BeamOptions
{
    private const long MostBytes = 1 << 20;

    /// <summary>How many beginnings are kept, at least 1; 1 always takes the likeliest token.</summary>
    public int Beams { get; init; } = 4;

    /// <summary>How many of the texts that were found are returned, the best first, at most as many as there are beams.</summary>
    public int Returned { get; init; } = 1;

    /// <summary>The most new tokens, that which ends the text among them; null for as many as the model's block has room for.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>The fewest new tokens before the text may end.</summary>
    public int MinNewTokens { get; init; }

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
    public static BeamOptions Of(string folder)
    {
        using HuggingFaceFolder opened = HuggingFaceFolder.Open(folder);
        string own = Path.Combine(folder, "generation_config.json");
        if (!File.Exists(own))
            return Read(new ConfigReader(opened), opened.Config, opened.ModelType == "bart" ? new BartOptions().EndId : null);
        using JsonDocument told = JsonFile.Read(own, MostBytes);
        return Read(new ConfigReader(folder, told.RootElement, Path.GetFileName(own)), told.RootElement, null);
    }

    /// <summary>Checks every option.</summary>
    /// <exception cref="KansformersException">The message names the option, its value and what is allowed.</exception>
    public void Validate()
    {
        Allowed.Require(Beams >= 1, "beams", Beams, "at least 1");
        Allowed.Require(Returned >= 1 && Returned <= Beams, "returned", Returned, $"1 to the number of beams, {Beams}");
        Allowed.Require(MaxNewTokens is null or >= 1, "max new tokens", MaxNewTokens ?? 0, "at least 1");
        Allowed.Require(MinNewTokens >= 0 && MinNewTokens <= (MaxNewTokens ?? int.MaxValue), "min new tokens", MinNewTokens, "0 to the most new tokens");
        Allowed.Require(double.IsFinite(LengthPenalty), "length penalty", LengthPenalty, "a number");
        Allowed.Require(NoRepeatNgram >= 0, "no-repeat n-gram", NoRepeatNgram, "at least 1, or 0 to allow repetition");
        Allowed.Require("stop", Stop);
    }

    // A configuration of BART that does not say otherwise forces the end of the published vocabulary.
    private static BeamOptions Read(ConfigReader config, JsonElement element, int? forcedEnd)
    {
        // Whatever else changes which text is found is refused; what concerns other ways of generating is not looked at.
        foreach ((string name, double supported) in ((string, double)[])[("num_beam_groups", 1), ("diversity_penalty", 0), ("repetition_penalty", 1), ("encoder_no_repeat_ngram_size", 0), ("encoder_repetition_penalty", 1)])
            config.Require(name, config.Number(name, supported) == supported, FormattableString.Invariant($"{supported}"));
        foreach (string name in (string[])["bad_words_ids", "exponential_decay_length_penalty", "force_words_ids", "constraints"])
            config.Require(name, config.IsNull(name), "null");
        int most = Whole("max_length", 20), least = Whole("min_length", 0); // both count the token that a text begins from
        BeamOptions options = new()
        {
            Beams = Whole("num_beams", 1),
            Returned = Whole("num_return_sequences", 1),
            MaxNewTokens = config.IsNull("max_new_tokens") ? most - 1 : Whole("max_new_tokens", 0),
            MinNewTokens = config.IsNull("min_new_tokens") ? Math.Max(0, least - 1) : Whole("min_new_tokens", 0),
            LengthPenalty = config.Number("length_penalty", 1),
            Stop = config.IsNull("early_stopping") ? BeamStop.Estimated : element.GetProperty("early_stopping").ValueKind switch
            {
                JsonValueKind.True => BeamStop.First,
                JsonValueKind.False => BeamStop.Estimated,
                _ => config.Text("early_stopping", "") == "never" ? BeamStop.Proven : throw new KansformersException($"early_stopping is '{config.Text("early_stopping", "")}'; it must be true, false or \"never\""),
            },
            NoRepeatNgram = Whole("no_repeat_ngram_size", 0),
            ForcedBegin = config.TokenId("forced_bos_token_id", null),
            ForcedEnd = config.TokenId("forced_eos_token_id", forcedEnd),
            EndOfText = config.TokenIds("eos_token_id", int.MaxValue),
            Suppressed = config.TokenIds("suppress_tokens", int.MaxValue) ?? [],
        };
        options.Validate();
        return options;

        int Whole(string name, int otherwise) => config.IsNull(name) ? otherwise : config.Integer(name);
    }
}
