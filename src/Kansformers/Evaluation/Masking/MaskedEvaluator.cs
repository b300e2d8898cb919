using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Evaluation;

/// <summary>How well an encoder guesses hidden tokens of a corpus: masked loss and perplexity. The text is read in windows side by side; which tokens are hidden is always the same.</summary>
/// <param name="model">The model, with a masked language head; while it is evaluated it is in evaluation mode.</param>
/// <param name="tokenizer">Its tokenizer.</param>
/// <param name="options">How much is hidden; null for the defaults.</param>
public sealed class MaskedEvaluator(EncoderModel model, Tokenizer tokenizer, MaskingOptions? options = null)
{
    /// <summary>Guesses the hidden tokens.</summary>
    /// <param name="text">The corpus; its file must stay open meanwhile.</param>
    /// <param name="maxTokens">The most tokens to read, from the start of the corpus; null for all.</param>
    /// <param name="progress">Is told after each batch.</param>
    /// <param name="cancellation">Ends the work with <see cref="OperationCanceledException"/> between batches.</param>
    /// <exception cref="KansformersException">There are fewer than two tokens, the tokenizer does not belong to the model, or the model's weights are broken.</exception>
    public MaskedEvaluationResult Evaluate(TokenSpan text, long? maxTokens = null, IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        RowWindows windows = RowWindows.Whole(text, maxTokens, new MaskedRows(options ?? new MaskingOptions(), tokenizer, model.Options));
        RowScore score = windows.Measure(model, progress, cancellation);
        return new MaskedEvaluationResult { Loss = score.Loss, Masked = score.Wanted, Tokens = score.Tokens, Windows = windows.Count, Seconds = score.Seconds };
    }
}

/// <summary>How well an encoder guesses hidden tokens.</summary>
public sealed record MaskedEvaluationResult : RowResult
{
    /// <summary>How many tokens were hidden.</summary>
    public required long Masked { get; init; }
}
