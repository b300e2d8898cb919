using System.Diagnostics;
using Kansformers.Runtime;
using Kansformers.Text;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Evaluation;

/// <summary>
/// Evenly spaced windows of a text, or all of it in windows side by side, to which chance does the same at every call, whatever the seed of a training: losses of one
/// run, and of several, can be compared.
/// </summary>
internal sealed class RowWindows
{
    // What chance does for a measurement; no seed of a training leads here.
    private const long MeasurementKey = 0x6d61736b;
    private const int TokensPerBatch = 4096;

    private readonly TokenSpan _text;
    private readonly TextRows _rows;
    private readonly ScoringWindow[] _windows;
    private long? _wanted;

    /// <param name="text">The text; its file stays open meanwhile.</param>
    /// <param name="rows">Makes rows of it.</param>
    /// <param name="count">The most windows; 0 for all of the text.</param>
    /// <exception cref="KansformersException">There are fewer than two tokens.</exception>
    public RowWindows(TokenSpan text, TextRows rows, int count)
    {
        FixedWindows.RequireTokens(text.Count);
        (_text, _rows) = (text, rows);
        long tokens = text.Count + 1; // windows leave a token for the last target, which rows do not need
        _windows = [.. count == 0 ? ScoringWindow.Sliding(tokens, rows.TextLength, rows.TextLength) : ScoringWindow.EvenlySpaced(tokens, rows.TextLength, count)];
    }

    /// <summary>How many windows there are.</summary>
    public int Count => _windows.Length;

    /// <summary>The tokens of the windows, without those that stand around them.</summary>
    public long Tokens => _windows.Sum(window => (long)window.Length);

    /// <summary>How many tokens are to be guessed or written.</summary>
    public long Wanted => _wanted ??= Batches().Sum(batch => (long)batch.Wanted);

    /// <summary>The beginning of a text, all of which is measured.</summary>
    /// <param name="text">The text; its file stays open meanwhile.</param>
    /// <param name="maxTokens">The most tokens; null for all.</param>
    /// <param name="rows">Makes rows of it.</param>
    /// <exception cref="KansformersException">There are fewer than two tokens.</exception>
    public static RowWindows Whole(TokenSpan text, long? maxTokens, TextRows rows)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (maxTokens < 2)
            throw new KansformersException($"max tokens is {maxTokens}; it must be at least 2");
        return new RowWindows(maxTokens < text.Count ? text.Slice(0, maxTokens.Value) : text, rows, count: 0);
    }

    /// <summary>The mean loss of what is wanted, as it is: not finite when the model's weights are broken.</summary>
    /// <param name="model">The model; it is in evaluation mode meanwhile.</param>
    public double Loss(TransformerModel model)
    {
        RowScore last = default;
        foreach (RowScore score in Scores(model, default))
            last = score;
        return last.Loss;
    }

    /// <summary>The mean loss of what is wanted, and of how much.</summary>
    /// <param name="model">The model; it is in evaluation mode meanwhile.</param>
    /// <param name="progress">Is told after each batch.</param>
    /// <param name="cancellation">Ends the work between batches.</param>
    /// <exception cref="KansformersException">The model's weights are broken.</exception>
    public RowScore Measure(TransformerModel model, IProgress<EvaluationProgress>? progress, CancellationToken cancellation)
    {
        long started = Stopwatch.GetTimestamp(), total = Tokens;
        RowScore last = default;
        foreach (RowScore score in Scores(model, cancellation))
        {
            if (!double.IsFinite(score.Nats))
                throw new KansformersException(FormattableString.Invariant($"the model's loss is not a number ({score.Nats}): its weights are broken; load another checkpoint, or train with a smaller learning rate"));
            progress?.Report(new EvaluationProgress(score.Tokens, total, score.Nats / Math.Max(1, score.Wanted)));
            last = score;
        }

        return last with { Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds };
    }

    // The sums after each batch.
    private IEnumerable<RowScore> Scores(TransformerModel model, CancellationToken cancellation)
    {
        using EvaluationMode mode = new(model);
        RowScore sums = default;
        foreach (RowBatch batch in Batches())
        {
            cancellation.ThrowIfCancellationRequested();
            yield return sums = new RowScore(sums.Nats + Nats(model, batch), sums.Wanted + batch.Wanted, sums.Tokens + batch.Tokens);
        }

        _wanted = sums.Wanted;
    }

    private static double Nats(TransformerModel model, RowBatch batch)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        return batch.Loss(model, 1).item<float>() * (double)batch.Wanted;
    }

    /// <summary>The windows, batch by batch.</summary>
    public IEnumerable<RowBatch> Batches()
    {
        int most = Math.Clamp(TokensPerBatch / _rows.Length, 1, 64);
        for (int from = 0, to; from < _windows.Length; from = to)
        {
            for (to = from + 1; to < _windows.Length && to - from < most && _windows[to].Length == _windows[from].Length;)
                to++;
            int length = _windows[from].Length;
            long[] text = new long[(to - from) * length];
            for (int i = from; i < to; i++)
                _text.Read(_windows[i].Start, text.AsSpan((i - from) * length, length));
            int first = from;
            yield return _rows.Make(text, length, row => KeyedDraws.Key(MeasurementKey, first + row));
        }
    }
}

/// <summary>What windows came to.</summary>
/// <param name="Nats">The sum of the losses of what was wanted.</param>
/// <param name="Wanted">How many tokens were to be guessed or written.</param>
/// <param name="Tokens">How many tokens of text were read.</param>
internal readonly record struct RowScore(double Nats, long Wanted, long Tokens)
{
    /// <summary>The mean loss.</summary>
    public double Loss => Nats / Wanted;

    /// <summary>How long it took.</summary>
    public double Seconds { get; init; }
}
