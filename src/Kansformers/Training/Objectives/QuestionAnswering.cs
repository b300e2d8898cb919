using System.Text.Json.Serialization;
using Kansformers.Evaluation;
using Kansformers.Text;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>
/// Extractive question answering: the answer to a question is a part of a context, told by its first and its last token (Devlin et al., "BERT", 2019, section 4.2). Long
/// contexts are learned in windows that overlap; where a window does not hold the answer, or there is none (section 4.3), both are the first token of all.
/// </summary>
public sealed record QuestionAnsweringOptions() : ExampleObjectiveOptions("question-answering", "questions are answered by a part of a context")
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string LossUnit => "nats per end of an answer";

    /// <inheritdoc/>
    [JsonIgnore]
    public override string DataNeeded => "a .jsonl, .csv or .tsv file with columns of questions, contexts and answers";

    /// <inheritdoc/>
    public override IObjective Create(TransformerModel model, TrainingData data, TrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        RequireSuited(model.Options);
        if (model is not EncoderModel { Encoder.Head: EncoderHead.QuestionAnswering } encoder)
            throw new KansformersException($"a {model.Options.Family.Name} without a head for answers cannot learn them; set {model.Options.GetType().Name}.Head to question answering");
        if (data.Material is not QuestionMaterial material)
            throw new KansformersException("this objective learns from questions with answers, but was given something else");
        AnswerInputs inputs = new(EncoderTokens.Of(material.Tokenizer, encoder.Options.VocabularySize), encoder.Options.BlockSize);
        return new Learner(encoder, options, inputs.Padding, Windows(material.Train, inputs), Windows(material.Validation, inputs));
    }

    internal override bool IsFor(ModelOptions model) => model is EncoderOptions { Head: EncoderHead.QuestionAnswering };

    internal override ModelOptions Shape(ModelOptions model, TrainingMaterial material, bool hasWeights) =>
        EncoderShape.Of(model, material.Tokenizer, hasWeights) with { Head = EncoderHead.QuestionAnswering };

    internal override TrainingMaterial Open(DataConfig data, Tokenizer? tokenizer, IProgress<EncodeProgress>? progress, CancellationToken cancellation) => QuestionMaterial.Open(data, tokenizer);

    internal override IReadOnlyList<RunUse> Uses(string run) => [new($"kansformers predict {run} --data questions.jsonl", "an answer to each question"), new($"kansformers eval {run}", "exact match and F1 of the answers")];

    private static (QuestionExample Example, AnswerWindow Window)[] Windows(IReadOnlyList<QuestionExample> examples, AnswerInputs inputs) =>
        [.. examples.SelectMany(example => inputs.Of(example.Text, out _).Select(window => (example, window)))];

    private sealed class Learner(EncoderModel model, TrainingOptions options, int padding, (QuestionExample Example, AnswerWindow Window)[] train, (QuestionExample Example, AnswerWindow Window)[] held)
        : ExampleObjective(model, options, [.. train.Select(entry => entry.Window.Input)], padding)
    {
        private readonly EncoderModel _model = model;
        private readonly int _padding = padding;
        private readonly bool _mayFindNone = train.Concat(held).Any(entry => entry.Example.Span is null);

        public override long ValidationTokens => held.Length;

        public override double Validate()
        {
            float[][] logits = held.Length == 0 ? [] : AnswerSearch.Logits(_model, [.. held.Select(entry => entry.Window)], _padding);
            if (held.Length == 0 || logits.Any(row => row.Any(float.IsNaN)))
                return double.NaN;
            List<(string Found, IReadOnlyList<string> Right)> answers = [];
            for (int from = 0, to; from < held.Length; from = to)
            {
                QuestionExample example = held[from].Example;
                for (to = from + 1; to < held.Length && ReferenceEquals(held[to].Example, example);)
                    to++;
                FoundSpan span = AnswerSearch.Best([.. Enumerable.Range(from, to - from).Select(i => (held[i].Window, logits[i]))], _mayFindNone);
                answers.Add((AnswerFinder.Answer(example.Row.Context, example.Text.Context, span).Answer, [.. example.Row.Answers.Select(answer => answer.Text)]));
            }

            AnswerMeasures measures = AnswerMeasures.Of(answers);
            Measures = [new Measure("exact_match", measures.ExactMatch), new Measure("f1", measures.F1)];
            return held.Zip(logits, (entry, row) => AnswerSearch.Loss(row, entry.Window.Target(entry.Example.Span))).Average();
        }

        protected override Tensor Targets(int[] examples, int longest)
        {
            long[] targets = [.. examples.SelectMany(example =>
            {
                (int first, int last) = train[example].Window.Target(train[example].Example.Span);
                return (long[])[first, last];
            })];
            return tensor(targets, [examples.Length, AnswerHead.Outputs], device: _model.Device);
        }
    }
}
