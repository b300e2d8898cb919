using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Evaluation;

/// <summary>Labels texts by an encoder with a classification head, or gives a number for each where it has a single label.</summary>
public sealed class TextLabeller
{
    private readonly EncoderModel _model;
    private readonly Tokenizer _tokenizer;
    private readonly EncoderInputs _inputs;

    /// <summary>Takes a model.</summary>
    /// <param name="model">The model; it stays the caller's.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <exception cref="KansformersException">The model does not label texts, or the tokenizer has more ids.</exception>
    public TextLabeller(TransformerModel model, Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        if (model is not EncoderModel { Encoder.Head: EncoderHead.Classification } encoder)
            throw new KansformersException($"this {model.Options.Family.Name} does not label texts: it has no classification head; train one by the objective classification");
        if (!tokenizer.Fits(model.Options.VocabularySize))
            throw new KansformersException($"the tokenizer has {tokenizer.VocabularySize} ids, the model {model.Options.VocabularySize}; they do not belong together");
        (_model, _tokenizer) = (encoder, tokenizer);
        _inputs = new EncoderInputs(EncoderTokens.Of(tokenizer, model.Options.VocabularySize), model.Options.BlockSize);
        IsNumber = encoder.Encoder.Labels == 1;
        Labels = encoder.Encoder.LabelNames ?? new LabelNames(Enumerable.Range(0, encoder.Encoder.Labels).Select(label => FormattableString.Invariant($"LABEL_{label}")));
    }

    /// <summary>Whether it gives numbers.</summary>
    public bool IsNumber { get; }

    /// <summary>What the labels are called.</summary>
    public LabelNames Labels { get; }

    /// <summary>Labels texts.</summary>
    /// <param name="texts">The texts, each with the second of a pair, or null.</param>
    /// <param name="done">Is told, after each batch, how many are done.</param>
    /// <param name="cancellation">Ends the work with <see cref="OperationCanceledException"/> between batches.</param>
    /// <returns>What came of each, in the order of the texts.</returns>
    /// <exception cref="KansformersException">A text holds a character that the tokenizer does not know, or the model's weights are broken.</exception>
    public IReadOnlyList<TextPrediction> Predict(IReadOnlyList<(string Text, string? Pair)> texts, Action<int>? done = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        bool[] cut = new bool[texts.Count];
        ModelInput[] inputs = [.. texts.Select((text, i) => _inputs.Of(EncodedText.Of(_tokenizer, text.Text, text.Pair), out cut[i]))];
        float[][] logits = SequenceLogits.Of(_model, inputs, _inputs.Padding, done, cancellation);
        if (logits.Any(row => row.Any(value => !float.IsFinite(value))))
            throw new KansformersException("the model's output is not a number: its weights are broken; load another checkpoint, or train with a smaller learning rate");
        return [.. logits.Select((row, i) => IsNumber
            ? new TextPrediction(row[0], null, []) { WasCut = cut[i], Loss = _ => double.NaN }
            : new TextPrediction(Softmax.Largest(row), Labels[Softmax.Largest(row)], Softmax.Of(row)) { WasCut = cut[i], Loss = label => Softmax.Loss(row, label) })];
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

    /// <summary>-log of the probability of a label.</summary>
    internal Func<int, double> Loss { get; init; } = _ => double.NaN;
}
