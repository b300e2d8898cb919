using System.Diagnostics;
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
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        if (maxTokens < 2)
            throw new KansformersException($"max tokens is {maxTokens}; it must be at least 2");
        if (maxTokens < text.Count)
            text = text.Slice(0, maxTokens.Value);
        MaskedWindows windows = new(text, new MaskedRows(options ?? new MaskingOptions(), tokenizer, model.Options), count: 0);
        long started = Stopwatch.GetTimestamp();
        (double loss, long masked, long tokens) = windows.Measure(model, progress, cancellation);
        return new MaskedEvaluationResult { Loss = loss, Masked = masked, Tokens = tokens, Windows = windows.Count, Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds };
    }
}

/// <summary>How well an encoder guesses hidden tokens.</summary>
public sealed record MaskedEvaluationResult
{
    /// <summary>The mean negative log-likelihood, in nats per hidden token.</summary>
    public required double Loss { get; init; }

    /// <summary>exp(loss): how many equally likely tokens would be as hard to guess.</summary>
    public double Perplexity => Math.Exp(Loss);

    /// <summary>How many tokens were hidden.</summary>
    public required long Masked { get; init; }

    /// <summary>How many tokens of text were read.</summary>
    public required long Tokens { get; init; }

    /// <summary>In how many windows.</summary>
    public required int Windows { get; init; }

    /// <summary>How long it took.</summary>
    public required double Seconds { get; init; }
}
