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

    private const string Start = "decoder_start_token_id";

    private static readonly BartOptions Published = new();

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
            if (reads && old.ForcedBegin is null && model.Truth(GenerationKeys.ForcesBegin, false))
                old = old with { ForcedBegin = model.TokenId(GenerationKeys.Begin, 0) };
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
            string name = config.IsNull(Start) ? GenerationKeys.Begin : Start;
            config.Require(name, config.IsNull(name) || config.TokenId(name, null) == start, $"{start}, from which the model of {HuggingFaceFolder.ConfigName} begins");
        }

        return Bounded(Options(config, told.RootElement, null));

        // More than its block an encoder-decoder cannot write, whatever was asked for.
        BeamOptions Bounded(BeamOptions options) => reads && options.MaxNewTokens is int most ? options with { MaxNewTokens = Math.Min(most, model.Integer("max_position_embeddings")) } : options;
    }

    private static BeamOptions Options(ConfigReader config, JsonElement element, int? forcedEnd)
    {
        foreach ((string name, double neutral) in GenerationKeys.Numbers)
            config.Require(name, config.Number(name, neutral) == neutral, FormattableString.Invariant($"{neutral}"));
        foreach (string name in GenerationKeys.Lists)
            config.Require(name, config.IsEmpty(name), "null");
        foreach (string name in GenerationKeys.Others)
            config.Require(name, config.IsNull(name), "null");
        config.Require(GenerationKeys.Renormalizes, !config.Truth(GenerationKeys.Renormalizes, false), "false");
        BeamOptions options = new()
        {
            Beams = Whole(GenerationKeys.Beams, 1),
            Returned = Whole(GenerationKeys.Returned, 1),
            MaxNewTokens = config.IsNull(GenerationKeys.MaxNewTokens) ? null : config.Integer(GenerationKeys.MaxNewTokens),
            MinNewTokens = Whole(GenerationKeys.MinNewTokens, 0),
            MaxLength = config.IsNull(GenerationKeys.MaxNewTokens) ? Whole(GenerationKeys.MaxLength, 20) : null,
            MinLength = Whole(GenerationKeys.MinLength, 0),
            LengthPenalty = config.Number(GenerationKeys.LengthPenalty, 1),
            Stop = config.IsNull(GenerationKeys.Stop) ? BeamStop.Estimated : element.GetProperty(GenerationKeys.Stop).ValueKind switch
            {
                JsonValueKind.True => BeamStop.First,
                JsonValueKind.False => BeamStop.Estimated,
                _ => config.Text(GenerationKeys.Stop, "") == "never" ? BeamStop.Proven : throw new KansformersException($"early_stopping is '{config.Text(GenerationKeys.Stop, "")}'; it must be true, false or \"never\""),
            },
            NoRepeatNgram = Whole(GenerationKeys.NoRepeatNgram, 0),
            ForcedBegin = config.TokenId(GenerationKeys.ForcedBegin, null),
            ForcedEnd = config.TokenId(GenerationKeys.ForcedEnd, forcedEnd),
            EndOfText = config.TokenIds("eos_token_id", int.MaxValue),
            Suppressed = config.IsEmpty(GenerationKeys.Suppressed) ? [] : config.TokenIds(GenerationKeys.Suppressed, int.MaxValue)!,
        };
        options.Validate();
        return options;

        int Whole(string name, int otherwise) => config.IsNull(name) ? otherwise : config.Integer(name);
    }
}
