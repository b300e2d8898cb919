namespace Kansformers.Transformers;

/// <summary>
/// The options by which a folder in Hugging Face's layout says how its model is to write texts. A converted folder keeps every one; what a search does with each is its own.
/// </summary>
internal static class GenerationKeys
{
    public const string Beams = "num_beams";
    public const string Returned = "num_return_sequences";
    public const string MaxNewTokens = "max_new_tokens";
    public const string MinNewTokens = "min_new_tokens";
    public const string MaxLength = "max_length";
    public const string MinLength = "min_length";
    public const string LengthPenalty = "length_penalty";
    public const string Stop = "early_stopping";
    public const string NoRepeatNgram = "no_repeat_ngram_size";
    public const string ForcedBegin = "forced_bos_token_id";
    public const string ForcedEnd = "forced_eos_token_id";
    public const string ForcesBegin = "force_bos_token_to_be_generated";
    public const string Begin = "bos_token_id";
    public const string Suppressed = "suppress_tokens";
    public const string Renormalizes = "renormalize_logits";

    /// <summary>Numbers that change which text is found, each with the value that does nothing.</summary>
    public static IReadOnlyList<(string Name, double Neutral)> Numbers { get; } =
    [
        ("num_beam_groups", 1),
        ("diversity_penalty", 0),
        ("repetition_penalty", 1),
        ("encoder_repetition_penalty", 1),
        ("encoder_no_repeat_ngram_size", 0),
        ("guidance_scale", 1),
    ];

    /// <summary>Lists that change which text is found, unless they are empty.</summary>
    public static IReadOnlyList<string> Lists { get; } =
        ["bad_words_ids", "force_words_ids", "constraints", "sequence_bias", "forced_decoder_ids", "begin_suppress_tokens", "stop_strings"];

    /// <summary>What else changes it, unless it is null.</summary>
    public static IReadOnlyList<string> Others { get; } = ["exponential_decay_length_penalty", "max_time", "watermarking_config"];

    /// <summary>What concerns other ways of generating, or changes nothing that is found.</summary>
    private static readonly string[] Elsewhere = ["do_sample", "temperature", "top_k", "top_p", "typical_p", "remove_invalid_values"];

    /// <summary>Every one, but for those that a <c>config.json</c> tells of the model as well: where it begins, where it ends, what pads.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        Beams, Returned, MaxNewTokens, MinNewTokens, MaxLength, MinLength, LengthPenalty, Stop, NoRepeatNgram, ForcedBegin, ForcedEnd, ForcesBegin, Begin, Suppressed, Renormalizes,
        .. Numbers.Select(number => number.Name), .. Lists, .. Others, .. Elsewhere,
    ];
}
