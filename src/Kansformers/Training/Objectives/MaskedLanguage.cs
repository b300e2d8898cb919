using System.Text.Json.Serialization;
using Kansformers.Evaluation;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Training;

/// <summary>
/// Masked language modelling (Devlin et al., "BERT", 2019): some tokens of a text are hidden, and guessed from what stands on both sides of them. Which ones is drawn anew each
/// time a stretch of text is seen (Liu et al., "RoBERTa", 2019).
/// </summary>
public sealed record MaskedLanguageOptions() : NoisedTextOptions("mlm", "masked language modelling: hidden tokens are guessed from both sides")
{
    private static readonly MaskingOptions Usual = new();

    /// <summary>The share of tokens that are to be guessed.</summary>
    public double MaskShare { get; init; } = Usual.Share;

    /// <summary>What is masked as a whole.</summary>
    public MaskedUnit MaskUnit { get; init; } = Usual.Unit;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string LossUnit => "nats per masked token";

    /// <summary>How much is hidden.</summary>
    [JsonIgnore]
    public MaskingOptions Masking => Usual with { Share = MaskShare, Unit = MaskUnit };

    /// <inheritdoc/>
    public override IReadOnlyList<Setting<ObjectiveOptions>> Settings() =>
        [new("mask share", "the share of tokens to be guessed; of these 80 % are masked, 10 % another token, 10 % as they are", MaskShare, value => this with { MaskShare = value })];

    /// <inheritdoc/>
    public override IReadOnlyList<WordSetting<ObjectiveOptions>> Words() =>
    [
        WordSetting<ObjectiveOptions>.Of("mask unit", "what is masked as a whole, a token or a word", MaskUnit, value => this with { MaskUnit = value }),
        .. base.Words(),
    ];

    /// <inheritdoc/>
    public override void Validate()
    {
        Masking.Validate();
        base.Validate();
    }

    /// <inheritdoc/>
    public override bool Suits(Family family)
    {
        ArgumentNullException.ThrowIfNull(family);
        return family.Defaults is EncoderOptions;
    }

    internal override bool IsFor(ModelOptions model) => model is EncoderOptions { Head: EncoderHead.MaskedLanguage or EncoderHead.None };

    internal override ModelOptions Shape(ModelOptions model, TrainingMaterial material, bool hasWeights) =>
        EncoderShape.Of(model, material.Tokenizer, hasWeights) with { Head = EncoderHead.MaskedLanguage };

    internal override IReadOnlyList<RunUse> Uses(string run) => [new($"kansformers eval {run}", "masked loss and perplexity")];

    private protected override TextRows Rows(Tokenizer tokenizer, ModelOptions model) => new MaskedRows(Masking, tokenizer, model);
}
