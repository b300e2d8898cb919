using Kansformers.Runtime;
using Kansformers.Text;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Evaluation;

/// <summary>
/// Evenly spaced windows of a text, or all of it in windows side by side, whose hidden tokens are the same at every call, whatever the seed of a training: losses of one
/// run, and of several, can be compared.
/// </summary>
internal sealed class MaskedWindows
{
    // Which tokens are hidden for a measurement; no seed of a training leads here.
    private const long MeasurementKey = 0x6d61736b;
    private const int TokensPerBatch = 4096;

    private readonly TokenSpan _text;
    private readonly ITextRows _rows;
    private readonly ScoringWindow[] _windows;
    private readonly Lazy<long> _masked;

    /// <param name="text">The text; its file stays open meanwhile.</param>
    /// <param name="rows">Makes rows of it.</param>
    /// <param name="count">The most windows; 0 for all of the text.</param>
    /// <exception cref="KansformersException">There are fewer than two tokens.</exception>
    public MaskedWindows(TokenSpan text, ITextRows rows, int count)
    {
        FixedWindows.RequireTokens(text.Count);
        (_text, _rows) = (text, rows);
        _windows = [.. count == 0 ? ScoringWindow.Sliding(text.Count, rows.TextLength, rows.TextLength) : ScoringWindow.EvenlySpaced(text.Count, rows.TextLength, count)];
        _masked = new Lazy<long>(() => Batches().Sum(batch => (long)batch.Masked));
    }

    public int Count => _windows.Length;

    /// <summary>The tokens of the windows, without those that stand around them.</summary>
    public long Tokens => _windows.Sum(window => (long)window.Length);

    /// <summary>How many tokens are to be guessed.</summary>
    public long Masked => _masked.Value;

    /// <summary>The sum of losses and the number of hidden tokens, batch by batch.</summary>
    /// <param name="model">The model; it is in evaluation mode meanwhile.</param>
    /// <param name="cancellation">Ends the work between batches.</param>
    public IEnumerable<(double Nats, int Masked, int Tokens)> Score(TransformerModel model, CancellationToken cancellation = default)
    {
        using EvaluationMode mode = new(model);
        foreach (MaskedBatch batch in Batches())
        {
            cancellation.ThrowIfCancellationRequested();
            yield return (Nats(model, batch), batch.Masked, batch.Tokens);
        }
    }

    /// <summary>The mean loss of the tokens to be guessed, how many these are, and of how many tokens of text.</summary>
    /// <param name="model">The model; it is in evaluation mode meanwhile.</param>
    /// <param name="progress">Is told after each batch.</param>
    /// <param name="cancellation">Ends the work between batches.</param>
    /// <exception cref="KansformersException">The model's weights are broken.</exception>
    public (double Loss, long Masked, long Tokens) Measure(TransformerModel model, IProgress<EvaluationProgress>? progress, CancellationToken cancellation)
    {
        long tokens = 0, masked = 0, total = Tokens;
        double nats = 0;
        foreach ((double batchNats, int batchMasked, int batchTokens) in Score(model, cancellation))
        {
            (nats, masked, tokens) = (nats + batchNats, masked + batchMasked, tokens + batchTokens);
            if (!double.IsFinite(nats))
                throw new KansformersException(FormattableString.Invariant($"the model's loss is not a number ({nats}): its weights are broken; load another checkpoint, or train with a smaller learning rate"));
            progress?.Report(new EvaluationProgress(tokens, total, nats / Math.Max(1, masked)));
        }

        return (nats / masked, masked, tokens);
    }

    private static double Nats(TransformerModel model, MaskedBatch batch)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        return batch.Loss(model, 1).item<float>() * (double)batch.Masked;
    }

    private IEnumerable<MaskedBatch> Batches()
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
