using System.Diagnostics;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Evaluation;

/// <summary>Answers questions by a part of a context, by an encoder with a head for answers. Long contexts are read in windows that overlap.</summary>
public sealed class AnswerFinder
{
    private readonly EncoderReader _reader;
    private readonly AnswerInputs _inputs;

    /// <summary>Takes a model.</summary>
    /// <param name="model">The model; it stays the caller's.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <exception cref="KansformersException">The model does not answer questions, or the tokenizer has more ids.</exception>
    public AnswerFinder(TransformerModel model, Tokenizer tokenizer)
    {
        _reader = EncoderReader.Of(model, tokenizer, EncoderHead.QuestionAnswering, "does not answer questions: it has no head for answers; train one with TrainingOptions.Objective = question-answering");
        _inputs = new AnswerInputs(_reader.Tokens, _reader.BlockSize);
    }

    /// <summary>Whether a question may have no answer, which is so where the model likes its first token better than every answer. It must have learned of such questions.</summary>
    public bool MayFindNone { get; init; }

    /// <summary>Answers questions, whatever their own answers.</summary>
    /// <param name="questions">The questions; one without a context has no answer.</param>
    /// <param name="done">Is told, after each batch, how many windows are done.</param>
    /// <param name="cancellation">Ends the work with <see cref="OperationCanceledException"/> between batches.</param>
    /// <returns>The answers, in the order of the questions.</returns>
    /// <exception cref="KansformersException">A text holds a character that the tokenizer does not know, or the model's weights are broken.</exception>
    public IReadOnlyList<AnswerPrediction> Predict(IReadOnlyList<QuestionRow> questions, Action<int>? done = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(questions);
        return Predict(questions, MayFindNone, done, cancellation);
    }

    private AnswerPrediction[] Predict(IReadOnlyList<QuestionRow> questions, bool mayFindNone, Action<int>? done, CancellationToken cancellation)
    {
        QuestionTokens[] texts = [.. questions.Select(question => QuestionTokens.Of(_reader.Tokenizer, question))];
        bool[] cut = new bool[texts.Length];
        IReadOnlyList<AnswerWindow>[] windows = [.. texts.Select((text, i) => _inputs.Of(text, out cut[i]))];
        float[][] logits = AnswerSearch.Logits(_reader.Model, [.. windows.SelectMany(own => own)], _inputs.Padding, done, cancellation);
        EncoderReader.RequireFinite(logits);
        AnswerPrediction[] answers = new AnswerPrediction[texts.Length];
        for (int i = 0, from = 0; i < answers.Length; from += windows[i++].Count)
        {
            (AnswerWindow Window, float[] Logits)[] own = [.. windows[i].Zip(logits.Skip(from).Take(windows[i].Count))];
            answers[i] = Answer(questions[i].Context, texts[i].Context, AnswerSearch.Best(own, mayFindNone)) with { WasCut = cut[i], Text = texts[i], Windows = own };
        }

        return answers;
    }

    /// <summary>Answers questions, and measures how well.</summary>
    /// <param name="questions">
    /// The questions with their answers; those that are empty are passed over, and counted. Where some cannot be answered, every question may have no answer.
    /// </param>
    /// <param name="done">Is told, after each batch, how many windows are done.</param>
    /// <param name="cancellation">Ends the work with <see cref="OperationCanceledException"/> between batches.</param>
    /// <exception cref="KansformersException">As for predictions; or answers of a question were not read, or there is none.</exception>
    public AnswerEvaluationResult Evaluate(IReadOnlyList<QuestionRow> questions, Action<int>? done = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(questions);
        long started = Stopwatch.GetTimestamp();
        QuestionRow[] full = [.. questions.Where(question => !question.IsEmpty)];
        if (full.Length == 0)
            throw new KansformersException("there is no question to evaluate: all are empty");
        if (full.FirstOrDefault(question => question.Answers.Count == 0 && !question.IsUnanswerable) is QuestionRow bare)
            throw new KansformersException($"{bare.Place} has no answer; give it one, set QuestionRow.IsUnanswerable, or leave the row out");
        AnswerPrediction[] found = Predict(full, MayFindNone || full.Any(question => question.IsUnanswerable), done, cancellation);
        double[] losses = [.. full.Zip(found).SelectMany(pair => LossesOf(pair.First, pair.Second))];
        return new AnswerEvaluationResult
        {
            Loss = losses.Average(),
            Answers = AnswerMeasures.Of([.. full.Zip(found, (question, one) => (one.Answer, (IReadOnlyList<string>)[.. question.Answers.Select(answer => answer.Text)]))]),
            Windows = losses.Length,
            Empty = questions.Count - full.Length,
            Cut = found.Count(one => one.WasCut),
            Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds,
        };
    }

    /// <summary>What a context holds at the tokens of an answer.</summary>
    internal static AnswerPrediction Answer(string context, PlacedTokens tokens, FoundSpan span)
    {
        if (span.First < 0)
            return new AnswerPrediction("", 0, span.Probability);
        int start = tokens.Places[span.First].Start, end = Math.Max(start, tokens.Places[span.Last].End);
        return new AnswerPrediction(context[start..end], start, span.Probability);
    }

    private static IEnumerable<double> LossesOf(QuestionRow question, AnswerPrediction found)
    {
        (int First, int Last)? span = question.IsUnanswerable ? null : found.Text!.Span(question.Answers[0]);
        return found.Windows.Select(entry => AnswerSearch.Loss(entry.Logits, entry.Window.Target(span)));
    }
}

/// <summary>An answer that was found.</summary>
/// <param name="Answer">The answer as it stands in the context; empty where there is none.</param>
/// <param name="Start">Where it begins there, in UTF-16 units.</param>
/// <param name="Score">The product of the probabilities of its first and of its last token, of none of the model's first token.</param>
public sealed record AnswerPrediction(string Answer, int Start, double Score)
{
    /// <summary>Whether the question was longer than half of what the model's block has room for, and was cut at its end.</summary>
    public bool WasCut { get; init; }

    /// <summary>Question and context as tokens.</summary>
    internal QuestionTokens? Text { get; init; }

    /// <summary>The windows of its context with their logits.</summary>
    internal IReadOnlyList<(AnswerWindow Window, float[] Logits)> Windows { get; init; } = [];
}

/// <summary>How well questions were answered.</summary>
public sealed record AnswerEvaluationResult
{
    /// <summary>The mean cross-entropy of first and last token over all windows, in nats.</summary>
    public required double Loss { get; init; }

    /// <summary>Measures of the answers.</summary>
    public required AnswerMeasures Answers { get; init; }

    /// <summary>How many windows the contexts were read in.</summary>
    public required int Windows { get; init; }

    /// <summary>How many rows had no question or no context, and were passed over.</summary>
    public int Empty { get; init; }

    /// <summary>How many questions were cut.</summary>
    public int Cut { get; init; }

    /// <summary>How long it took.</summary>
    public double Seconds { get; init; }
}
