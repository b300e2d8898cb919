using Kansformers.Runtime;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Evaluation;

/// <summary>How well an encoder-decoder writes noised texts of a corpus as they were: loss and perplexity. The text is read in windows side by side, which are always noised alike.</summary>
/// <param name="model">The model; while it is evaluated it is in evaluation mode.</param>
/// <param name="tokenizer">Its tokenizer.</param>
/// <param name="options">How texts are noised; null for the defaults.</param>
public sealed class DenoisingEvaluator(Bart model, Tokenizer tokenizer, NoiseOptions? options = null)
{
    private const long ExampleKey = 0x6578;

    /// <summary>Measures the loss.</summary>
    /// <param name="text">The corpus; its file must stay open meanwhile.</param>
    /// <param name="maxTokens">The most tokens to read, from the start of the corpus; null for all.</param>
    /// <param name="progress">Is told after each batch.</param>
    /// <param name="cancellation">Ends the work with <see cref="OperationCanceledException"/> between batches.</param>
    /// <exception cref="KansformersException">There are fewer than two tokens, the tokenizer does not belong to the model, or the model's weights are broken.</exception>
    public DenoisingResult Evaluate(TokenSpan text, long? maxTokens = null, IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default)
    {
        RowWindows windows = RowWindows.Whole(text, maxTokens, Rows());
        RowScore score = windows.Measure(model, progress, cancellation);
        return new DenoisingResult { Loss = score.Loss, Written = score.Wanted, Tokens = score.Tokens, Windows = windows.Count, Seconds = score.Seconds };
    }

    /// <summary>Some stretches of a text, evenly spaced, and how they are noised.</summary>
    /// <param name="text">The corpus; its file must stay open meanwhile.</param>
    /// <param name="count">The most stretches.</param>
    public IReadOnlyList<NoisedExample> Examples(TokenSpan text, int count)
    {
        ArgumentNullException.ThrowIfNull(text);
        NoisedRows rows = Rows();
        return [.. ScoringWindow.EvenlySpaced(text.Count + 1, rows.TextLength, count).Select((window, i) =>
        {
            long[] ids = new long[window.Length];
            text.Read(window.Start, ids);
            long[] noised = rows.Noised(ids, KeyedDraws.Key(ExampleKey, i));
            return new NoisedExample(rows.Shown(ids, tokenizer), rows.Shown(noised, tokenizer), [.. noised.Select(id => (int)id)]);
        })];
    }

    private NoisedRows Rows() => new(options ?? new NoiseOptions(), tokenizer ?? throw new ArgumentNullException(nameof(tokenizer)), (model ?? throw new ArgumentNullException(nameof(model))).Options);
}

/// <summary>A text and how it is noised.</summary>
/// <param name="Original">The text.</param>
/// <param name="Noised">The noised text, for people.</param>
/// <param name="Tokens">What the model reads of it.</param>
public sealed record NoisedExample(string Original, string Noised, IReadOnlyList<int> Tokens);

/// <summary>How well an encoder-decoder writes noised texts as they were.</summary>
public sealed record DenoisingResult : RowResult
{
    /// <summary>How many tokens were to be written, those that begin and end texts among them.</summary>
    public required long Written { get; init; }
}
