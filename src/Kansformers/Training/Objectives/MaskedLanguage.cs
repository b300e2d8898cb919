using System.Text.Json.Serialization;
using Kansformers.Evaluation;
using Kansformers.Runtime;
using Kansformers.Text;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>
/// Masked language modelling (Devlin et al., "BERT", 2019): some tokens of a text are hidden, and guessed from what stands on both sides of them. Which ones is drawn anew each
/// time a stretch of text is seen (Liu et al., "RoBERTa", 2019).
/// </summary>
public sealed record MaskedLanguageOptions() : ObjectiveOptions("mlm", "masked language modelling: hidden tokens are guessed from both sides")
{
    private static readonly MaskingOptions Usual = new();

    /// <summary>The share of tokens that are to be guessed.</summary>
    public double MaskShare { get; init; } = Usual.Share;

    /// <summary>What is masked as a whole.</summary>
    public MaskedUnit MaskUnit { get; init; } = Usual.Unit;

    /// <summary>Where the sequences come from.</summary>
    public BatchOrder Order { get; init; }

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
        NextTokenOptions.OrderSetting(Order, value => this with { Order = value }),
    ];

    /// <inheritdoc/>
    public override void Validate()
    {
        if (!Enum.IsDefined(Order))
            throw new KansformersException($"order is {Order}; it must be {string.Join(" or ", Enum.GetNames<BatchOrder>())}");
        Masking.Validate();
        base.Validate();
    }

    /// <inheritdoc/>
    public override bool Suits(Family family)
    {
        ArgumentNullException.ThrowIfNull(family);
        return family.Defaults is EncoderOptions;
    }

    /// <inheritdoc/>
    public override IObjective Create(TransformerModel model, TrainingData data, TrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        RequireSuited(model.Options);
        return new MaskedLanguage((EncoderModel)model, this, data, options);
    }

    internal override bool IsFor(ModelOptions model) => model is EncoderOptions { Head: not EncoderHead.Classification };

    internal override ModelOptions Shape(ModelOptions model, TrainingMaterial material, bool hasWeights) =>
        EncoderShape.Of(model, material.Tokenizer, hasWeights) with { Head = EncoderHead.MaskedLanguage };
}

/// <summary>Sequences drawn by <see cref="BatchSampler"/>, some of whose tokens are hidden; validation on <see cref="MaskedWindows"/>.</summary>
internal sealed class MaskedLanguage : IObjective
{
    // Apart from what decides where sequences start.
    private const long MaskKey = 0x6d6c6d;

    private readonly EncoderModel _model;
    private readonly TrainingOptions _options;
    private readonly MaskedRows _rows;
    private readonly BatchSampler _sampler;
    private readonly MaskedWindows? _validation;

    public MaskedLanguage(EncoderModel model, MaskedLanguageOptions masked, TrainingData data, TrainingOptions options)
    {
        (_model, _options) = (model, options);
        Tokenizer tokenizer = data.Tokenizer ?? throw new KansformersException($"the objective {masked.Kind} needs the text's tokenizer, which its data do not tell");
        _rows = new MaskedRows(masked.Masking, tokenizer, model.Options);
        _sampler = new BatchSampler(data.Text, _rows.TextLength, options.BatchSize, masked.Order);
        _validation = data.Validation is { Count: > 0 } held ? new MaskedWindows(held, _rows, options.EvalWindows) : null;
    }

    public long ValidationTokens => _validation?.Masked ?? 0;

    public long TokensOf(long batch) => (long)_options.BatchSize * _rows.Length;

    public Tensor Loss(long batch, double share)
    {
        // The sampler reads a token more of each row than is wanted here.
        long[] drawn = _sampler.Rows(_options.Seed, batch), text = new long[_options.BatchSize * _rows.TextLength];
        for (int row = 0; row < _options.BatchSize; row++)
            drawn.AsSpan(row * (_rows.TextLength + 1), _rows.TextLength).CopyTo(text.AsSpan(row * _rows.TextLength));
        return _rows.Make(text, _rows.TextLength, row => KeyedDraws.Key(MaskKey, _options.Seed, batch, row)).Loss(_model, share);
    }

    public double Validate()
    {
        if (_validation is null)
            return double.NaN;
        double nats = 0;
        foreach ((double batchNats, int _, int _) in _validation.Score(_model))
            nats += batchNats;
        return nats / _validation.Masked;
    }

    public void Dispose() => _sampler.Dispose();
}
