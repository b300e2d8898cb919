using Kansformers.Transformers;

namespace Kansformers.Evaluation;

/// <summary>Reads the tokens from a place on.</summary>
internal delegate void TokenReader(long offset, Span<long> destination);

/// <summary>Sums the loss of windows of a corpus, batch by batch, in double: each window is a request to a <see cref="LikelihoodScorer"/>.</summary>
internal static class WindowScorer
{
    private const int TokensPerBatch = 4096;

    /// <summary>
    /// The negative log-likelihood of each batch in turn, in nats, with the number of tokens scored. Windows of one batch have one shape.
    /// </summary>
    public static IEnumerable<(double Nats, int Tokens)> Score(CausalModel model, TokenReader read, IEnumerable<ScoringWindow> windows, int? batchSize, CancellationToken cancellation)
    {
        LikelihoodScorer scorer = new(model);
        foreach ((ScoringBatch batch, RequestScore[] scores) in scorer.Run(Batches(model, read, windows, batchSize), cancellation))
            yield return (-scores.Sum(score => score.LogLikelihood), batch.Requests.Sum(request => request.Scored));
    }

    private static IEnumerable<ScoringBatch> Batches(CausalModel model, TokenReader read, IEnumerable<ScoringWindow> windows, int? batchSize)
    {
        List<ScoringRequest> batch = [];
        foreach (ScoringWindow window in windows)
        {
            int most = batchSize ?? Math.Clamp(TokensPerBatch / window.Length, 1, 64);
            if (batch.Count > 0 && (batch.Count >= most || (batch[0].Tokens.Length - 1, batch[0].Scored) != (window.Length, window.Scored)))
            {
                yield return BatchPlanner.Alike([.. batch]);
                batch.Clear();
            }

            batch.Add(Request(read, window, model.Options.VocabularySize));
        }

        if (batch.Count > 0)
            yield return BatchPlanner.Alike([.. batch]);
    }

    private static ScoringRequest Request(TokenReader read, ScoringWindow window, int vocabulary)
    {
        long[] ids = new long[window.Length + 1];
        read(window.Start, ids);
        foreach (long id in ids)
        {
            if ((ulong)id >= (ulong)vocabulary)
                throw new KansformersException($"the corpus holds token id {id}, which is outside the model's vocabulary (0 to {vocabulary - 1}); use the tokenizer that the model was trained with");
        }

        return new ScoringRequest([.. ids.Select(id => (int)id)], window.Scored);
    }
}
