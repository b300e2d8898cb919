using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Evaluation;

/// <summary>Reads the tokens from a place on.</summary>
internal delegate void TokenReader(long offset, Span<long> destination);

/// <summary>Sums the loss of windows of a corpus, batch by batch, in double.</summary>
internal static class WindowScorer
{
    // The logits of a batch: 32 M values are 128 MB, and the cross-entropy makes a second tensor of that size.
    private const long LogitsPerBatch = 32L << 20;
    private const int TokensPerBatch = 4096;

    /// <summary>
    /// The negative log-likelihood of each batch in turn, in nats, with the number of tokens scored. Windows of one batch have one shape.
    /// </summary>
    public static IEnumerable<(double Nats, int Tokens)> Score(CausalModel model, TokenReader read, IEnumerable<ScoringWindow> windows, int? batchSize, CancellationToken cancellation)
    {
        using EvaluationMode mode = new(model);
        List<ScoringWindow> batch = [];
        foreach (ScoringWindow window in windows)
        {
            if (batch.Count > 0 && (batch[0] is var first) && ((first.Length, first.Scored) != (window.Length, window.Scored) || batch.Count >= (batchSize ?? Fitting(model, first))))
            {
                yield return ScoreBatch(model, read, batch, cancellation);
                batch.Clear();
            }

            batch.Add(window);
        }

        if (batch.Count > 0)
            yield return ScoreBatch(model, read, batch, cancellation);
    }

    private static long Fitting(CausalModel model, ScoringWindow window) =>
        Math.Clamp(Math.Min(LogitsPerBatch / model.Options.VocabularySize, TokensPerBatch) / window.Length, 1, 64);

    private static (double Nats, int Tokens) ScoreBatch(CausalModel model, TokenReader read, List<ScoringWindow> batch, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        (int length, int scored) = (batch[0].Length, batch[0].Scored);
        long[] ids = new long[batch.Count * (length + 1)];
        for (int i = 0; i < batch.Count; i++)
            read(batch[i].Start, ids.AsSpan(i * (length + 1), length + 1));
        Require(ids, model.Options.VocabularySize);

        Tensor tokens = tensor(ids, [batch.Count, length + 1], device: model.Device); // (B, T + 1)
        Tensor logits = model.forward(tokens[.., ..^1])[.., (length - scored)..].to(ScalarType.Float32); // (B, scored, V)
        Tensor targets = tokens[.., (length + 1 - scored)..]; // (B, scored)
        Tensor losses = nn.functional.cross_entropy(logits.reshape(-1, model.Options.VocabularySize), targets.reshape(-1), reduction: nn.Reduction.None);
        return (losses.to(ScalarType.Float64).sum().item<double>(), batch.Count * scored);
    }

    private static void Require(long[] ids, int vocabulary)
    {
        foreach (long id in ids)
        {
            if ((ulong)id >= (ulong)vocabulary)
                throw new KansformersException($"the corpus holds token id {id}, which is outside the model's vocabulary (0 to {vocabulary - 1}); use the tokenizer that the model was trained with");
        }
    }
}
