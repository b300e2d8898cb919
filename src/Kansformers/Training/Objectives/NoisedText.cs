using Kansformers.Evaluation;
using Kansformers.Runtime;
using Kansformers.Text;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>Sequences drawn by <see cref="BatchSampler"/>, of which chance hides something; validation on <see cref="RowWindows"/>.</summary>
internal sealed class NoisedText : ITokenObjective
{
    // Apart from what decides where sequences start.
    private const long NoiseKey = 0x6d6c6d;

    private readonly TransformerModel _model;
    private readonly TrainingOptions _options;
    private readonly TextRows _rows;
    private readonly BatchSampler _sampler;
    private readonly RowWindows? _validation;

    public NoisedText(TransformerModel model, TextRows rows, BatchOrder order, TrainingData data, TrainingOptions options)
    {
        (_model, _rows, _options) = (model, rows, options);
        _sampler = new BatchSampler(data.Text, rows.TextLength, options.BatchSize, order, hasTargets: false);
        _validation = data.Validation is { Count: > 0 } held ? new RowWindows(held, rows, options.EvalWindows) : null;
    }

    public bool HasValidation => _validation is not null;

    public long ValidationTokens => _validation?.Wanted ?? 0;

    public long TokensOf(long batch) => (long)_options.BatchSize * _rows.Length;

    public Tensor Loss(long batch, double share) => Rows(batch).Loss(_model, share);

    public TokenBatch Batch(long batch) => Rows(batch).On(_model.Device);

    public IEnumerable<RowBatch> Held() => _validation?.Batches() ?? [];

    public double Validate() => _validation?.Loss(_model) ?? double.NaN;

    public void Dispose() => _sampler.Dispose();

    private RowBatch Rows(long batch) =>
        _rows.Make(_sampler.Rows(_options.Seed, batch), _rows.TextLength, row => KeyedDraws.Key(NoiseKey, _options.Seed, batch, row));
}
