using System.Text.Json.Serialization;
using Kansformers.Evaluation;
using Kansformers.Text;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>Classification of tokens: each word of a text gets one of the labels that the data have (Devlin et al., "BERT", 2019, section 5.3). A word's label is that of its first token; others do not count.</summary>
public sealed record TokenClassificationOptions() : ExampleObjectiveOptions("token-classification", "words of texts get one of several labels")
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string LossUnit => "nats per word";

    /// <inheritdoc/>
    [JsonIgnore]
    public override string DataNeeded => "a .jsonl file with lists of words and labels, or one with a line 'word label' for each word";

    /// <inheritdoc/>
    public override IObjective Create(TransformerModel model, TrainingData data, TrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        RequireSuited(model.Options);
        if (model is not EncoderModel { Encoder.Head: EncoderHead.TokenClassification } encoder)
            throw new KansformersException($"a {model.Options.Family.Name} without a head for labels of words cannot learn them; set {model.Options.GetType().Name}.Head to token classification");
        if (data.Material is not TaggedMaterial material)
            throw new KansformersException("this objective learns from words with labels, but was given something else");
        WordInputs inputs = new(EncoderTokens.Of(material.Tokenizer, encoder.Options.VocabularySize), encoder.Options.BlockSize);
        return new Learner(encoder, material, options, ([.. material.Train.Select(example => inputs.Of(example.Text))], inputs));
    }

    internal override bool IsFor(ModelOptions model) => model is EncoderOptions { Head: EncoderHead.TokenClassification };

    internal override ModelOptions Shape(ModelOptions model, TrainingMaterial material, bool hasWeights) =>
        EncoderShape.Labelled(EncoderShape.Of(model, material.Tokenizer, hasWeights), hasWeights, EncoderHead.TokenClassification, ((TaggedMaterial)material).Labels);

    internal override TrainingMaterial Open(DataConfig data, Tokenizer? tokenizer, IProgress<EncodeProgress>? progress, CancellationToken cancellation) => TaggedMaterial.Open(data, tokenizer);

    internal override IReadOnlyList<RunUse> Uses(string run) => [new($"kansformers predict {run} --data texts.txt", "a label for each word"), new($"kansformers eval {run}", "every measure of the labels")];

    private sealed class Learner : ExampleObjective
    {
        private readonly EncoderModel _model;
        private readonly LabelNames _names;
        private readonly int _padding;
        private readonly WordInput[] _train, _held;
        private readonly int[][] _labels, _heldLabels;

        public Learner(EncoderModel model, TaggedMaterial material, TrainingOptions options, (WordInput[] Train, WordInputs Inputs) texts)
            : base(model, options, [.. texts.Train.Select(text => text.Input)], texts.Inputs.Padding)
        {
            (_model, _train, _padding) = (model, texts.Train, texts.Inputs.Padding);
            _names = model.Encoder.LabelNames ?? throw new KansformersException("the model's labels have no names, so that those of the data are none of them");
            int[] own = [.. material.Labels.Select(label => _names.IdOf(label) ?? throw new KansformersException($"the label '{label}' is none of the model's ({_names})"))];
            _held = [.. material.Validation.Select(example => texts.Inputs.Of(example.Text))];
            _labels = [.. material.Train.Select(example => example.Labels.Select(label => own[label]).ToArray())];
            _heldLabels = [.. material.Validation.Select(example => example.Labels.Select(label => own[label]).ToArray())];
            ValidationTokens = _held.Sum(text => (long)text.Places.Count(place => place >= 0));
        }

        public override long ValidationTokens { get; }

        public override double Validate()
        {
            float[]?[][] logits = ValidationTokens == 0 ? [] : WordLogits.Of(_model, _held, _padding);
            if (ValidationTokens == 0 || logits.Any(text => text.Any(row => row?.Any(float.IsNaN) == true)))
                return double.NaN;
            (double loss, LabelMeasures labels, EntityMeasures? entities) = WordLogits.Measure(logits, _heldLabels, _names)!.Value;
            Measures = entities is null ? [new Measure("accuracy", labels.Accuracy)] : [new Measure("accuracy", labels.Accuracy), new Measure("entity_f1", entities.F1)];
            return loss;
        }

        protected override Tensor Targets(int[] examples, int longest)
        {
            long[] targets = new long[examples.Length * longest];
            Array.Fill(targets, -1);
            for (int row = 0; row < examples.Length; row++)
            {
                foreach ((int place, int label) in _train[examples[row]].Places.Zip(_labels[examples[row]]))
                {
                    if (place >= 0)
                        targets[(row * longest) + place] = label;
                }
            }

            return tensor(targets, [examples.Length, longest], device: _model.Device);
        }
    }
}
