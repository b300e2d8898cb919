using System.Diagnostics;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Evaluation;

/// <summary>Labels the words of texts by an encoder with a head for labels of tokens: what it says of a word's first token.</summary>
public sealed class WordLabeller
{
    private readonly EncoderReader _reader;
    private readonly WordInputs _inputs;

    /// <summary>Takes a model.</summary>
    /// <param name="model">The model; it stays the caller's.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <exception cref="KansformersException">The model does not label words, or the tokenizer has more ids.</exception>
    public WordLabeller(TransformerModel model, Tokenizer tokenizer)
    {
        _reader = EncoderReader.Of(model, tokenizer, EncoderHead.TokenClassification, "does not label words: it has no head for them; train one with TrainingOptions.Objective = token-classification");
        _inputs = new WordInputs(_reader.Tokens, _reader.BlockSize);
        Labels = LabelNames.Of(_reader.Model.Encoder);
    }

    /// <summary>What the labels are called.</summary>
    public LabelNames Labels { get; }

    /// <summary>Labels the words of texts, whatever their own labels.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="done">Is told, after each batch, how many are done.</param>
    /// <param name="cancellation">Ends the work with <see cref="OperationCanceledException"/> between batches.</param>
    /// <returns>What came of each, in the order of the texts.</returns>
    /// <exception cref="KansformersException">A text holds a character that the tokenizer does not know, or the model's weights are broken.</exception>
    public IReadOnlyList<WordPrediction> Predict(IReadOnlyList<TaggedText> texts, Action<int>? done = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        WordInput[] inputs = [.. texts.Select(text => _inputs.Of(WordTokens.Of(_reader.Tokenizer, text)))];
        float[]?[][] logits = WordLogits.Of(_reader.Model, inputs, _inputs.Padding, done, cancellation);
        EncoderReader.RequireFinite(logits.SelectMany(text => text));
        return [.. logits.Select((rows, i) => new WordPrediction(
            [.. rows.Select(row => row is null ? null : Labels[Softmax.Largest(row)])],
            [.. rows.Select(row => row is null ? double.NaN : Softmax.Of(row).Max())])
            { WasCut = inputs[i].WasCut, Outputs = rows })];
    }

    /// <summary>Labels the words of texts, and measures how well.</summary>
    /// <param name="texts">The texts, with the labels of their words; those without a word are passed over, and counted.</param>
    /// <param name="done">Is told, after each batch, how many are done.</param>
    /// <param name="cancellation">Ends the work with <see cref="OperationCanceledException"/> between batches.</param>
    /// <exception cref="KansformersException">As for predictions; or a label is none of the model's, or there is no word.</exception>
    public WordEvaluationResult Evaluate(IReadOnlyList<TaggedText> texts, Action<int>? done = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        long started = Stopwatch.GetTimestamp();
        TaggedText[] full = [.. texts.Where(text => !text.IsEmpty)];
        LabelRules.RequireKnown(Labels, full, "the model does");
        IReadOnlyList<WordPrediction> found = Predict(full, done, cancellation);
        float[]?[][] logits = [.. found.Select(one => one.Outputs)];
        (double loss, LabelMeasures labels, EntityMeasures? entities) = WordLogits.Measure(logits, [.. full.Select(text => text.Tags.Select(tag => Labels.IdOf(tag)!.Value).ToArray())], Labels)
            ?? throw new KansformersException("there is no word to evaluate: all texts are empty, or their words have no token");
        return new WordEvaluationResult
        {
            Loss = loss,
            Texts = full.Length,
            Labels = labels,
            Entities = entities,
            Empty = texts.Count - full.Length,
            Cut = found.Count(one => one.WasCut),
            Unlabelled = logits.Sum(text => text.Count(row => row is null)),
            Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds,
        };
    }
}

/// <summary>What came of the words of a text.</summary>
/// <param name="Labels">The label of each word; null of one that has no token, or lies behind the end of the model's block.</param>
/// <param name="Probabilities">The probability of each label; NaN where there is none.</param>
public sealed record WordPrediction(IReadOnlyList<string?> Labels, IReadOnlyList<double> Probabilities)
{
    /// <summary>Whether the text was longer than the model's block, so that its end was left out.</summary>
    public bool WasCut { get; init; }

    /// <summary>The logits of each word; null where there are none.</summary>
    internal float[]?[] Outputs { get; init; } = [];
}

/// <summary>How well words were labelled.</summary>
public sealed record WordEvaluationResult
{
    /// <summary>The mean cross-entropy, in nats per word.</summary>
    public required double Loss { get; init; }

    /// <summary>How many texts there were.</summary>
    public required int Texts { get; init; }

    /// <summary>Measures of the labels, whose examples are words.</summary>
    public required LabelMeasures Labels { get; init; }

    /// <summary>Measures of whole entities; null where the labels are not B- and I-.</summary>
    public EntityMeasures? Entities { get; init; }

    /// <summary>How many texts had no word, and were passed over.</summary>
    public int Empty { get; init; }

    /// <summary>How many texts were longer than the model's block, and were cut.</summary>
    public int Cut { get; init; }

    /// <summary>How many words have no label, as they were cut or have no token; they are not measured.</summary>
    public int Unlabelled { get; init; }

    /// <summary>How long it took.</summary>
    public double Seconds { get; init; }
}
