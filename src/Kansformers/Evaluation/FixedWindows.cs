using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Evaluation;

/// <summary>
/// The same evenly spaced windows of a corpus at every call, whatever the seed: what a trainer validates on at intervals, so that
/// the losses of one run, and of several, can be compared.
/// </summary>
public sealed class FixedWindows
{
    /// <summary>How many windows there are by default.</summary>
    public const int DefaultCount = 64;

    private const int TokensPerBatch = 4096;

    private readonly TokenReader _read;
    private readonly ScoringWindow[] _windows;

    /// <summary>Chooses the windows: evenly spaced from the first token to the last, without overlap; or side by side, so that every token but the first is scored.</summary>
    /// <param name="tokens">The corpus; its file must stay open while the windows are used.</param>
    /// <param name="blockSize">The tokens of a window, at most the model's block size.</param>
    /// <param name="count">
    /// The most windows; there are fewer when the corpus is shorter, and one short window when it is shorter than a block. 0 for windows over the whole corpus,
    /// the last of which may be shorter.
    /// </param>
    /// <exception cref="KansformersException">There are fewer than two tokens.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The block size is below 1, or the count below 0.</exception>
    public FixedWindows(TokenSpan tokens, int blockSize, int count = DefaultCount)
        : this((tokens ?? throw new ArgumentNullException(nameof(tokens))).Count, tokens.Read, blockSize, count)
    {
    }

    internal FixedWindows(long tokens, TokenReader read, int blockSize, int count)
    {
        RequireTokens(tokens);
        ArgumentOutOfRangeException.ThrowIfLessThan(blockSize, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        _read = read;
        _windows = [.. count == 0 ? ScoringWindow.Sliding(tokens, blockSize, blockSize) : ScoringWindow.EvenlySpaced(tokens, blockSize, count)];
    }

    /// <summary>How many windows there are.</summary>
    public int Count => _windows.Length;

    /// <summary>How many predictions they score together.</summary>
    public long Tokens => _windows.Sum(window => (long)window.Scored);

    /// <summary>The mean loss of a model over the windows, in nats per token.</summary>
    /// <param name="model">The model; its block size is at least that of the windows. It is in evaluation mode meanwhile.</param>
    /// <param name="cancellation">Ends the work with <see cref="OperationCanceledException"/> between batches.</param>
    /// <returns>The loss, as it is: not finite when the model's weights are broken.</returns>
    /// <exception cref="KansformersException">The corpus holds ids that the model does not have.</exception>
    public double Evaluate(CausalModel model, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        double nats = 0;
        foreach ((double batchNats, int _) in WindowScorer.Score(model, _read, _windows, null, cancellation))
            nats += batchNats;
        return nats / Tokens;
    }

    /// <summary>The windows, batch by batch, with the token that follows each.</summary>
    internal IEnumerable<RowBatch> Batches()
    {
        for (int from = 0, to; from < _windows.Length; from = to)
        {
            int length = _windows[from].Length, most = Math.Clamp(TokensPerBatch / length, 1, 64);
            for (to = from + 1; to < _windows.Length && to - from < most && _windows[to].Length == length;)
                to++;
            long[] ids = new long[(to - from) * length], targets = new long[ids.Length], text = new long[length + 1];
            for (int i = from; i < to; i++)
            {
                _read(_windows[i].Start, text);
                text.AsSpan(0, length).CopyTo(ids.AsSpan((i - from) * length));
                text.AsSpan(1).CopyTo(targets.AsSpan((i - from) * length));
            }

            yield return new RowBatch(ids, targets, to - from, ids.Length) { Tokens = ids.Length };
        }
    }

    internal static void RequireTokens(long count)
    {
        if (count < 2)
            throw new KansformersException($"the text to evaluate has {count} token(s); at least 2 are needed, one to be predicted from another");
    }
}
