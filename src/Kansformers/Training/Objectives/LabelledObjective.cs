using Kansformers.Evaluation;
using Kansformers.Text;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>Labelled texts in padded batches; validation on all that are held out.</summary>
internal sealed class LabelledObjective : ExampleObjective
{
    private readonly EncoderModel _model;
    private readonly int _padding;
    private readonly ModelInput[] _held;
    private readonly double[] _targets, _heldTargets;

    /// <param name="model">The model, with a classification head.</param>
    /// <param name="data">The examples.</param>
    /// <param name="options">The size of batches, and the seed.</param>
    /// <exception cref="KansformersException">There are no examples, or the model does not know a label.</exception>
    public static LabelledObjective Of(TransformerModel model, TrainingData data, TrainingOptions options)
    {
        if (model is not EncoderModel { Encoder.Head: EncoderHead.Classification } encoder)
            throw new KansformersException($"a {model.Options.Family.Name} without a classification head cannot learn labels; set {model.Options.GetType().Name}.Head to classification");
        if (data.Material is not LabelledMaterial material)
            throw new KansformersException("this objective learns from labelled examples, but was given text");
        return new LabelledObjective(encoder, material, options, new EncoderInputs(EncoderTokens.Of(material.Tokenizer, encoder.Options.VocabularySize), encoder.Options.BlockSize));
    }

    private LabelledObjective(EncoderModel model, LabelledMaterial material, TrainingOptions options, EncoderInputs inputs)
        : base(model, options, [.. material.Train.Select(example => inputs.Of(example.Text, out _))], inputs.Padding)
    {
        (_model, _padding) = (model, inputs.Padding);
        _held = [.. material.Validation.Select(example => inputs.Of(example.Text, out _))];
        (_targets, _heldTargets) = (Numbers(material.Train), Numbers(material.Validation));
    }

    public override long ValidationTokens => _held.Length;

    private bool IsNumber => _model.Encoder.Labels == 1;

    public override double Validate()
    {
        if (_held.Length == 0)
            return double.NaN;
        float[][] logits = SequenceLogits.Of(_model, _held, _padding);
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

    protected override Tensor Targets(int[] examples, int longest) => IsNumber
        ? tensor(examples.Select(example => (float)_targets[example]).ToArray(), device: _model.Device)
        : tensor(examples.Select(example => (long)_targets[example]).ToArray(), device: _model.Device);

    private double[] Numbers(IReadOnlyList<LabelledExample> examples)
    {
        if (IsNumber)
            return [.. examples.Select(example => LabelRules.Number(example.Label))];
        LabelNames names = _model.Encoder.LabelNames ?? throw new KansformersException("the model's labels have no names, so that those of the data are none of them");
        return [.. examples.Select(example => names.IdOf(example.Label) ?? throw new KansformersException($"the label '{example.Label}' is none of the model's ({names})"))];
    }
}
