using System.Text.Json.Serialization;
using Kansformers.Evaluation;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Training;

/// <summary>Denoising (Lewis et al., "BART", 2020): a text is written as it was, from one in which tokens are hidden and sentences shuffled. What is done to it is drawn anew each time it is seen.</summary>
public sealed record DenoisingOptions() : NoisedTextOptions("denoising", "a noised text is written as it was")
{
    private static readonly NoiseOptions Usual = new();

    /// <summary>The share of tokens that are hidden.</summary>
    public double MaskShare { get; init; } = Usual.Share;

    /// <summary>What a mask stands for.</summary>
    public NoiseKind Noise { get; init; } = Usual.Kind;

    /// <summary>The mean number of tokens that a mask stands for, where it stands for several.</summary>
    public double SpanLength { get; init; } = Usual.SpanLength;

    /// <summary>The share of texts whose sentences are shuffled.</summary>
    public double PermuteShare { get; init; } = Usual.PermuteShare;

    /// <summary>What is done to texts.</summary>
    [JsonIgnore]
    public NoiseOptions Noising => new() { Share = MaskShare, Kind = Noise, SpanLength = SpanLength, PermuteShare = PermuteShare };

    /// <inheritdoc/>
    public override IReadOnlyList<Setting<ObjectiveOptions>> Settings() =>
    [
        new("mask share", "the share of tokens that are hidden", MaskShare, value => this with { MaskShare = value }),
        new("span length", "the mean number of tokens that a mask of text infilling stands for", SpanLength, value => this with { SpanLength = value }),
        new("permute share", "the share of texts whose sentences are shuffled", PermuteShare, value => this with { PermuteShare = value }),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<WordSetting<ObjectiveOptions>> Words() =>
    [
        WordSetting<ObjectiveOptions>.Of("noise", "what a mask stands for, none to several tokens or always one", Noise, value => this with { Noise = value }),
        .. base.Words(),
    ];

    /// <inheritdoc/>
    public override void Validate()
    {
        Noising.Validate();
        base.Validate();
    }

    /// <inheritdoc/>
    public override bool Suits(Family family)
    {
        ArgumentNullException.ThrowIfNull(family);
        return family.Defaults is BartOptions;
    }

    // A model without weights gets the special tokens of the tokenizer, or ids beyond it; the decoder begins from what ends a text, as BART's does.
    internal override ModelOptions Shape(ModelOptions model, TrainingMaterial material, bool hasWeights)
    {
        RequireSuited(model);
        if (hasWeights)
            return model;
        EncoderTokens tokens = EncoderTokens.Of(material.Tokenizer);
        return (BartOptions)model with { VocabularySize = tokens.Vocabulary, PaddingId = tokens.Padding!.Value, StartId = tokens.End!.Value, EndId = tokens.End!.Value };
    }

    internal override IReadOnlyList<RunUse> Uses(string run) =>
        [new($"kansformers sample {run} --prompt \"a text\"", "the text as the model would have it"), new($"kansformers eval {run}", "loss and perplexity, and noised texts beside what is made of them")];

    private protected override TextRows Rows(Tokenizer tokenizer, ModelOptions model) => new NoisedRows(Noising, tokenizer, model);
}
