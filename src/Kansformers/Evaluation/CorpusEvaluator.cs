using System.Diagnostics;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Evaluation;

/// <summary>Measures how well a model predicts a corpus: loss, perplexity and bits per byte by sliding windows of the model's block size.</summary>
/// <param name="model">The model; while it is evaluated it is in evaluation mode.</param>
/// <param name="options">How to walk over the corpus; null is the defaults.</param>
public sealed class CorpusEvaluator(CausalModel model, EvaluationOptions? options = null)
{
    private readonly EvaluationOptions _options = options ?? new EvaluationOptions();

    /// <summary>Scores every token but the first, each once.</summary>
    /// <param name="tokens">The corpus; its file must stay open meanwhile.</param>
    /// <param name="progress">Is told after each batch.</param>
    /// <param name="cancellation">Ends the work with <see cref="OperationCanceledException"/> between batches.</param>
    /// <returns>The measures.</returns>
    /// <exception cref="KansformersException">There are fewer than two tokens, an option is invalid, the corpus holds ids that the model does not have, or the model's weights are broken.</exception>
    public EvaluationResult Evaluate(TokenSpan tokens, IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        return Evaluate(tokens.Count, tokens.Read, targets => tokens.Slice(1, targets).Utf8Bytes, progress, cancellation);
    }

    internal EvaluationResult Evaluate(long count, TokenReader read, Func<long, long?> utf8BytesOfFirstTargets, IProgress<EvaluationProgress>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(model);
        int blockSize = model.Options.BlockSize;
        _options.Validate(blockSize);
        FixedWindows.RequireTokens(count);
        long total = Math.Min(count - 1, _options.MaxTokens ?? long.MaxValue);
        int stride = _options.Stride ?? blockSize;

        long start = Stopwatch.GetTimestamp();
        double nats = 0;
        long done = 0;
        foreach ((double batchNats, int tokens) in WindowScorer.Score(model, read, ScoringWindow.Sliding(total + 1, blockSize, stride), _options.BatchSize, cancellation))
        {
            nats += batchNats;
            done += tokens;
            if (!double.IsFinite(nats))
                throw new KansformersException(FormattableString.Invariant($"the model's loss is not a number ({nats / done}): its weights are broken; load another checkpoint, or train with a smaller learning rate"));
            progress?.Report(new EvaluationProgress(done, total, nats / done));
        }

        long? bytes = utf8BytesOfFirstTargets(total);
        return new EvaluationResult
        {
            Loss = nats / total,
            BitsPerByte = bytes is > 0 and long text ? nats / Math.Log(2) / text : double.NaN,
            Tokens = total,
            Stride = stride,
            Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds,
        };
    }
}
