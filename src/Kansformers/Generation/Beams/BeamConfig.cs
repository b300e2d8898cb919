using System.Text.Json;
using Kansformers.Checkpoints;
using Kansformers.Transformers;

namespace Kansformers.Generation;

/// <summary>
/// What a folder in Hugging Face's layout asks of beam search. Whatever else changes which text is found is refused unless it has the value that does nothing; what concerns other
/// ways of generating, such as drawing, is not looked at.
/// </summary>
internal static class BeamConfig
{
    private const long MostBytes = 1 << 20;

    private const string Start = "decoder_start_token_id", ForcedBegin = "forced_bos_token_id", Suppressed = "suppress_tokens", Stop = "early_stopping";

    private static readonly BartOptions Published = new();

    private static readonly (string Name, double Neutral)[] Numbers =
    [
        ("num_beam_groups", 1),
        ("diversity_penalty", 0),
        ("repetition_penalty", 1),
        ("encoder_repetition_penalty", 1),
        ("encoder_no_repeat_ngram_size", 0),
        ("guidance_scale", 1),
    ];

    private static readonly string[] Lists = ["bad_words_ids", "force_words_ids", "constraints", "sequence_bias", "forced_decoder_ids", "begin_suppress_tokens", "stop_strings"],
        Others = ["exponential_decay_length_penalty", "max_time", "watermarking_config"];

    /// <summary>Reads <c>generation_config.json</c> or, without one, <c>config.json</c>.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="KansformersException">A file cannot be read, or asks for what beam search does not have.</exception>
    public static BeamOptions Read(string folder)
    {
        using HuggingFaceFolder opened = HuggingFaceFolder.Open(folder);
        ConfigReader model = new(opened);
        bool reads = opened.ModelType == "bart" || model.Truth("is_encoder_decoder", false);
        string own = Path.Combine(folder, HuggingFaceFolder.GenerationName);
        if (!File.Exists(own))
        {
            // Of what a configuration of BART does not say, the end of the published vocabulary is forced; an old word asks for its beginning.
            BeamOptions old = Options(model, opened.Config, reads ? Published.EndId : null);
            if (reads && old.ForcedBegin is null && model.Truth("force_bos_token_to_be_generated", false))
                old = old with { ForcedBegin = model.TokenId("bos_token_id", 0) };
            return Bounded(old);
        }

        using JsonDocument told = JsonFile.Read(own, MostBytes);
        if (told.RootElement.ValueKind != JsonValueKind.Object)
            throw new KansformersException($"'{own}' is no JSON object; restore the file");
        ConfigReader config = new(folder, told.RootElement, HuggingFaceFolder.GenerationName);
        if (reads)
        {
            // Without a word of the token to begin from, theirs is what begins a text.
            int start = model.TokenId(Start, Published.StartId) ?? Published.StartId;
            string name = config.IsNull(Start) ? "bos_token_id" : Start;
            config.Require(name, config.IsNull(name) || config.TokenId(name, null) == start, $"{start}, from which the model of {HuggingFaceFolder.ConfigName} begins");
        }

        return Bounded(Options(config, told.RootElement, null));

        // More than its block an encoder-decoder cannot write, whatever was asked for.
        BeamOptions Bounded(BeamOptions options) => reads && options.MaxNewTokens is int most ? options with { MaxNewTokens = Math.Min(most, model.Integer("max_position_embeddings")) } : options;
    }

    private static BeamOptions Options(ConfigReader config, JsonElement element, int? forcedEnd)
    {
        foreach ((string name, double neutral) in Numbers)
            config.Require(name, config.Number(name, neutral) == neutral, FormattableString.Invariant($"{neutral}"));
        foreach (string name in Lists)
            config.Require(name, config.IsEmpty(name), "null");
        foreach (string name in Others)
            config.Require(name, config.IsNull(name), "null");
        config.Require("renormalize_logits", !config.Truth("renormalize_logits", false), "false");
        BeamOptions options = new()
        {
            Beams = Whole("num_beams", 1),
            Returned = Whole("num_return_sequences", 1),
            MaxNewTokens = config.IsNull("max_new_tokens") ? null : config.Integer("max_new_tokens"),
            MinNewTokens = Whole("min_new_tokens", 0),
            MaxLength = config.IsNull("max_new_tokens") ? Whole("max_length", 20) : null,
            MinLength = Whole("min_length", 0),
            LengthPenalty = config.Number("length_penalty", 1),
            Stop = config.IsNull(Stop) ? BeamStop.Estimated : element.GetProperty(Stop).ValueKind switch
            {
                JsonValueKind.True => BeamStop.First,
                JsonValueKind.False => BeamStop.Estimated,
                _ => config.Text(Stop, "") == "never" ? BeamStop.Proven : throw new KansformersException($"early_stopping is '{config.Text(Stop, "")}'; it must be true, false or \"never\""),
            },
            NoRepeatNgram = Whole("no_repeat_ngram_size", 0),
            ForcedBegin = config.TokenId(ForcedBegin, null),
            ForcedEnd = config.TokenId("forced_eos_token_id", forcedEnd),
            EndOfText = config.TokenIds("eos_token_id", int.MaxValue),
            Suppressed = config.IsEmpty(Suppressed) ? [] : config.TokenIds(Suppressed, int.MaxValue)!,
        };
        options.Validate();
        return options;

        int Whole(string name, int otherwise) => config.IsNull(name) ? otherwise : config.Integer(name);
    }
}
