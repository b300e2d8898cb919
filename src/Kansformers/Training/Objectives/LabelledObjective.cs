using Kansformers.Evaluation;
using Kansformers.Text;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>Labelled texts in padded batches; validation on all that are held out.</summary>
internal sealed class LabelledObjective : IObjective
{
    private readonly EncoderModel _model;
    private readonly TrainingOptions _options;
    private readonly EncoderInputs _inputs;
    private readonly ModelInput[] _train, _held;
    private readonly double[] _targets, _heldTargets;
    private readonly ExampleOrder _order;

    /// <param name="model">The model, with a classification head.</param>
    /// <param name="data">The examples.</param>
    /// <param name="options">The size of batches, and the seed.</param>
    /// <exception cref="KansformersException">There are no examples, or the model does not know a label.</exception>
    public LabelledObjective(TransformerModel model, TrainingData data, TrainingOptions options)
    {
        if (model is not EncoderModel { Encoder.Head: EncoderHead.Classification } encoder)
            throw new KansformersException($"a {model.Options.Family.Name} without a classification head cannot learn labels; set {model.Options.GetType().Name}.Head to classification");
        if (data is not { Examples: LabelledExamples examples, Tokenizer: Tokenizer tokenizer })
            throw new KansformersException("this objective learns from labelled examples, but was given text");
        (_model, _options) = (encoder, options);
        _inputs = new EncoderInputs(EncoderTokens.Of(tokenizer, encoder.Options.VocabularySize), encoder.Options.BlockSize);
        (_train, _targets) = (Filled(examples), Targets(examples));
        (_held, _heldTargets) = data.ValidationExamples is LabelledExamples held ? (Filled(held), Targets(held)) : ([], []);
        _order = new ExampleOrder([.. _train.Select(input => input.Ids.Count)], options.BatchSize);
    }

    public long ValidationTokens => _held.Length;

    public IReadOnlyList<Measure> Measures { get; private set; } = [];

    private bool IsNumber => _model.Encoder.Labels == 1;

    public long TokensOf(long batch)
    {
        long tokens = 0;
        foreach (int example in _order.Batch(_options.Seed, batch))
            tokens += _train[example].Ids.Count;
        return tokens;
    }

    public Tensor Loss(long batch, double share)
    {
        int[] chosen = [.. _order.Batch(_options.Seed, batch)];
        using var scope = NewDisposeScope();
        (Tensor ids, Tensor? mask, Tensor? types) = PaddedBatch.Of(_model, [.. chosen.Select(example => _train[example])], _inputs.Padding);
        Tensor targets = IsNumber ? tensor(chosen.Select(example => (float)_targets[example]).ToArray(), device: _model.Device)
            : tensor(chosen.Select(example => (long)_targets[example]).ToArray(), device: _model.Device);
        return _model.Loss(new TokenBatch(ids, targets) { Mask = mask, Types = types }, share).MoveToOuterDisposeScope();
    }

    public double Validate()
    {
        if (_held.Length == 0)
            return double.NaN;
        float[][] logits = SequenceLogits.Of(_model, _held, _inputs.Padding);
        if (logits.Any(row => row.Any(float.IsNaN)))
            return double.NaN;
        if (IsNumber)
        {
            NumberMeasures numbers = NumberMeasures.Of(_heldTargets, [.. logits.Select(row => (double)row[0])]);
            Measures = double.IsNaN(numbers.Pearson) ? [] : [new Measure("pearson", numbers.Pearson)];
            return numbers.MeanSquaredError;
        }

        Measures = [new Measure("accuracy", logits.Where((row, i) => Softmax.Largest(row) == (int)_heldTargets[i]).Count() / (double)_held.Length)];
        return logits.Select((row, i) => Softmax.Loss(row, (int)_heldTargets[i])).Average();
    }

    public void Dispose()
    {
    }

    private ModelInput[] Filled(LabelledExamples examples) => [.. examples.Texts.Select(text => _inputs.Of(text, out _))];

    private double[] Targets(LabelledExamples examples)
    {
        if (IsNumber)
            return [.. examples.Labels.Select(LabelRules.Number)];
        LabelNames names = _model.Encoder.LabelNames ?? throw new KansformersException("the model's labels have no names, so that those of the data are none of them");
        return [.. examples.Labels.Select(label => names.IdOf(label) ?? throw new KansformersException($"the label '{label}' is none of the model's ({names})"))];
    }
}
