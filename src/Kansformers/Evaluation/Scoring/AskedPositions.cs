namespace Kansformers.Evaluation;

/// <summary>The positions of a batch whose logits are wanted: one for each different beginning, wherever it is computed first, and the tokens that are asked for after it.</summary>
internal sealed class AskedPositions
{
    private readonly ScoringBatch _batch;
    private readonly Dictionary<ScoringStage, List<long>> _places = [];
    private readonly List<List<(long Target, int Request)>> _rows = [];

    /// <param name="batch">The requests.</param>
    /// <param name="stages">How the batch is computed.</param>
    public AskedPositions(ScoringBatch batch, IReadOnlyList<ScoringStage> stages)
    {
        _batch = batch;
        Dictionary<ulong, List<(long Target, int Request)>> wanted = Wanted(batch.Requests);
        foreach (ScoringStage stage in stages)
        {
            List<long> places = _places[stage] = [];
            for (int row = 0; row < stage.Rows.Length; row++)
            {
                int[] tokens = batch.Requests[stage.Rows[row]].Tokens;
                ulong key = PrefixKeys.Of(tokens.AsSpan(0, stage.From));
                for (int at = stage.From; at < Math.Min(stage.To, tokens.Length - 1); at++)
                {
                    key = PrefixKeys.With(key, tokens[at]);
                    if (!wanted.Remove(key, out List<(long Target, int Request)>? asked))
                        continue;
                    places.Add(((long)row * (stage.To - stage.From)) + at - stage.From);
                    _rows.Add(asked);
                }
            }
        }
    }

    // By the key of a beginning, what is asked for after it.
    private static Dictionary<ulong, List<(long Target, int Request)>> Wanted(IReadOnlyList<ScoringRequest> requests)
    {
        Dictionary<ulong, List<(long Target, int Request)>> wanted = [];
        for (int i = 0; i < requests.Count; i++)
        {
            int[] tokens = requests[i].Tokens;
            ulong key = PrefixKeys.Of(tokens.AsSpan(0, requests[i].Given - 1));
            for (int at = requests[i].Given - 1; at < tokens.Length - 1; at++)
            {
                key = PrefixKeys.With(key, tokens[at]);
                if (!wanted.TryGetValue(key, out List<(long Target, int Request)>? asked))
                    wanted[key] = asked = [];
                asked.Add((tokens[at + 1], i));
            }
        }

        return wanted;
    }

    /// <summary>The positions of a stage, counted through all its rows.</summary>
    public long[] Of(ScoringStage stage) => [.. _places[stage]];

    /// <summary>What is to be read of their logits.</summary>
    public LikelihoodRows Rows()
    {
        int[] starts = new int[_rows.Count + 1];
        for (int row = 0; row < _rows.Count; row++)
            starts[row + 1] = starts[row] + _rows[row].Count;
        return new LikelihoodRows([.. _rows.SelectMany(row => row.Select(asked => asked.Target))], starts);
    }

    /// <summary>What was read, for each request of the batch.</summary>
    public RequestScore[] Scores(LikelihoodRows read)
    {
        RequestScore[] scores = [.. _batch.Requests.Select(request => new RequestScore(0, request.Scored, 1))];
        int at = 0;
        foreach ((long _, int request) in _rows.SelectMany(row => row))
        {
            RequestScore before = scores[request];
            scores[request] = before with { LogLikelihood = before.LogLikelihood + read.LogProbabilities[at], Greedy = before.Greedy * read.Greedy[at] };
            at++;
        }

        return scores;
    }
}
