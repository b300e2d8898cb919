using Kansformers.Evaluation;
using Kansformers.Runtime;
using Kansformers.Text;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>Sequences drawn by <see cref="BatchSampler"/>, of which chance hides something; validation on <see cref="MaskedWindows"/>.</summary>
internal sealed class NoisedText : IObjective
{
    // Apart from what decides where sequences start.
    private const long NoiseKey = 0x6d6c6d;

    private readonly TransformerModel _model;
    private readonly TrainingOptions _options;
    private readonly ITextRows _rows;
    private readonly BatchSampler _sampler;
    private readonly MaskedWindows? _validation;

    public NoisedText(TransformerModel model, ITextRows rows, BatchOrder order, TrainingData data, TrainingOptions options)
    {
        (_model, _rows, _options) = (model, rows, options);
        _sampler = new BatchSampler(data.Text, rows.TextLength, options.BatchSize, order);
        _validation = data.Validation is { Count: > 0 } held ? new MaskedWindows(held, rows, options.EvalWindows) : null;
    }

    public long ValidationTokens => _validation?.Masked ?? 0;

    /// <summary>The tokenizer of a text.</summary>
    /// <exception cref="KansformersException">The data do not tell it.</exception>
    public static Tokenizer TokenizerOf(TrainingData data, ObjectiveOptions objective) =>
        data.Tokenizer ?? throw new KansformersException($"the objective {objective.Kind} needs the text's tokenizer, which its data do not tell");

    public long TokensOf(long batch) => (long)_options.BatchSize * _rows.Length;

    public Tensor Loss(long batch, double share)
    {
        // The sampler reads a token more of each row than is wanted here.
        long[] drawn = _sampler.Rows(_options.Seed, batch), text = new long[_options.BatchSize * _rows.TextLength];
        for (int row = 0; row < _options.BatchSize; row++)
            drawn.AsSpan(row * (_rows.TextLength + 1), _rows.TextLength).CopyTo(text.AsSpan(row * _rows.TextLength));
        return _rows.Make(text, _rows.TextLength, row => KeyedDraws.Key(NoiseKey, _options.Seed, batch, row)).Loss(_model, share);
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
