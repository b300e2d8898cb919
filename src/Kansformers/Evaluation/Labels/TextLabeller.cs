using System.Diagnostics;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Evaluation;

/// <summary>Labels texts by an encoder with a classification head, or gives a number for each where it has a single label.</summary>
public sealed class TextLabeller
{
    private readonly EncoderReader _reader;
    private readonly EncoderInputs _inputs;

    /// <summary>Takes a model.</summary>
    /// <param name="model">The model; it stays the caller's.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <exception cref="KansformersException">The model does not label texts, or the tokenizer has more ids.</exception>
    public TextLabeller(TransformerModel model, Tokenizer tokenizer)
    {
        _reader = EncoderReader.Of(model, tokenizer, EncoderHead.Classification, "does not label texts: it has no classification head; train one with TrainingOptions.Objective = Classification");
        _inputs = new EncoderInputs(_reader.Tokens, _reader.BlockSize);
        IsNumber = _reader.Model.Encoder.Labels == 1;
        Labels = LabelNames.Of(_reader.Model.Encoder);
    }

    /// <summary>Whether it gives numbers.</summary>
    public bool IsNumber { get; }

    /// <summary>What the labels are called.</summary>
    public LabelNames Labels { get; }

    /// <summary>Labels rows, and measures how well.</summary>
    /// <param name="rows">The rows, with their labels; those without a text are passed over, and counted.</param>
    /// <param name="done">Is told, after each batch, how many are done.</param>
    /// <param name="cancellation">Ends the work with <see cref="OperationCanceledException"/> between batches.</param>
    /// <exception cref="KansformersException">A text holds a character that the tokenizer does not know, the model's weights are broken, a label is none of the model's, or all texts are empty.</exception>
    public LabelEvaluationResult Evaluate(IReadOnlyList<LabelledRow> rows, Action<int>? done = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        long started = Stopwatch.GetTimestamp();
        LabelledRow[] full = [.. rows.Where(row => !row.IsEmpty)];
        if (full.Length == 0)
            throw new KansformersException("there is no text to evaluate: all are empty");
        if (IsNumber)
            LabelRules.RequireNumbers(full, mustDiffer: false);
        else
            LabelRules.RequireKnown(Labels, full, "the model does");
        IReadOnlyList<TextPrediction> found = Predict(full, done, cancellation);
        LabelEvaluationResult result = new() { Examples = full.Length, Empty = rows.Count - full.Length, Cut = found.Count(one => one.WasCut), Loss = double.NaN };
        if (IsNumber)
        {
            NumberMeasures numbers = NumberMeasures.Of([.. full.Select(row => LabelRules.Number(row.Label))], [.. found.Select(one => one.Value)]);
            result = result with { Numbers = numbers, Loss = numbers.MeanSquaredError };
        }
        else
        {
            int[] wanted = [.. full.Select(row => Labels.IdOf(row.Label)!.Value)];
            result = result with { Labels = LabelMeasures.Of(wanted, [.. found.Select(one => (int)one.Value)], Labels.Count), Loss = found.Select((one, i) => Softmax.Loss(one.Outputs, wanted[i])).Average() };
        }

        return result with { Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds };
    }

    /// <summary>Labels texts.</summary>
    /// <param name="texts">The texts, each with the second of a pair, or null.</param>
    /// <param name="done">Is told, after each batch, how many are done.</param>
    /// <param name="cancellation">Ends the work with <see cref="OperationCanceledException"/> between batches.</param>
    /// <returns>What came of each, in the order of the texts.</returns>
    /// <exception cref="KansformersException">A text holds a character that the tokenizer does not know, or the model's weights are broken.</exception>
    public IReadOnlyList<TextPrediction> Predict(IReadOnlyList<(string Text, string? Pair)> texts, Action<int>? done = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        LabelledRow[] rows = [.. texts.Select((text, i) => new LabelledRow(text.Text, text.Pair, "", FormattableString.Invariant($"text {i + 1}")))];
        return Predict(rows, done, cancellation);
    }

    /// <summary>Labels the texts of rows, whatever their own labels.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="done">Is told, after each batch, how many are done.</param>
    /// <param name="cancellation">Ends the work with <see cref="OperationCanceledException"/> between batches.</param>
    /// <returns>What came of each, in the order of the rows.</returns>
    /// <exception cref="KansformersException">As for texts alone; the message names the place of the row.</exception>
    public IReadOnlyList<TextPrediction> Predict(IReadOnlyList<LabelledRow> rows, Action<int>? done = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        bool[] cut = new bool[rows.Count];
        ModelInput[] inputs = [.. rows.Select((row, i) => _inputs.Of(row.Encode(_reader.Tokenizer), out cut[i]))];
        float[][] logits = SequenceLogits.Of(_reader.Model, inputs, _inputs.Padding, done, cancellation);
        EncoderReader.RequireFinite(logits);
        return [.. logits.Select((row, i) => IsNumber
            ? new TextPrediction(row[0], null, []) { WasCut = cut[i], Outputs = row }
            : new TextPrediction(Softmax.Largest(row), Labels[Softmax.Largest(row)], Softmax.Of(row)) { WasCut = cut[i], Outputs = row })];
    }
}

/// <summary>What came of a text.</summary>
/// <param name="Value">The number, or which label, counted from 0.</param>
/// <param name="Label">The label's name; null of a number.</param>
/// <param name="Probabilities">The probability of each label; none of a number.</param>
public sealed record TextPrediction(double Value, string? Label, IReadOnlyList<double> Probabilities)
{
    /// <summary>Whether the text was longer than the model's block, so that its end was left out.</summary>
    public bool WasCut { get; init; }

    /// <summary>The model's outputs: logits of the labels, or the number.</summary>
    internal float[] Outputs { get; init; } = [];
}

/// <summary>How well labelled texts were labelled.</summary>
public sealed record LabelEvaluationResult
{
    /// <summary>The mean cross-entropy, in nats per example; of numbers the mean squared error.</summary>
    public required double Loss { get; init; }

    /// <summary>How many texts were labelled.</summary>
    public required int Examples { get; init; }

    /// <summary>How many rows had no text, and were passed over.</summary>
    public int Empty { get; init; }

    /// <summary>How many texts were longer than the model's block, and were cut.</summary>
    public int Cut { get; init; }

    /// <summary>Measures of labels; null of numbers.</summary>
    public LabelMeasures? Labels { get; init; }

    /// <summary>Measures of numbers; null of labels.</summary>
    public NumberMeasures? Numbers { get; init; }

    /// <summary>How long it took.</summary>
    public double Seconds { get; init; }
}
