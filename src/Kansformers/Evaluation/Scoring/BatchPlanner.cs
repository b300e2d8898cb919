using Kansformers.Transformers;

namespace Kansformers.Evaluation;

/// <summary>
/// Puts requests together that cost least together. Most of the work is the head, which <see cref="LikelihoodScorer"/> runs once for each different beginning of a batch; the
/// rest is padding, which is least where lengths are alike, and contexts, which several requests may share. Contexts that are shared are computed once, and their
/// keys and values handed to all that go on from them, where that saves more than it costs to divide the work.
/// </summary>
/// <param name="model">The architecture of the model.</param>
/// <param name="batchSize">The most requests of a batch; null for as many as suit the model.</param>
internal sealed class BatchPlanner(ModelOptions model, int? batchSize)
{
    // A pass has costs that do not hang on its tokens; below about so many tokens they are the larger part.
    private const int TokensPerBatch = 4096, TokensWorthAPass = 256;
    private const int MostRequests = 512;

    // Of keys and values, where beginnings are shared.
    private const long BytesPerCache = 256L << 20;

    /// <summary>The batches; each request is in one of them.</summary>
    /// <param name="requests">Different requests, each with something that is asked for.</param>
    public IEnumerable<ScoringBatch> Plan(IReadOnlyList<ScoringRequest> requests)
    {
        if (batchSize == 1)
            return requests.Select(request => new ScoringBatch([request], []));
        Entry[] entries = [.. requests.Select(request => new Entry(request))];
        return SharingPays(entries) ? Shared(entries) : Plain(entries);
    }

    /// <summary>A batch of requests that are all alike, without a look at what they share.</summary>
    public static ScoringBatch Alike(IReadOnlyList<ScoringRequest> requests) => new(requests, []);

    private static bool SharingPays(Entry[] entries)
    {
        long all = entries.Sum(entry => (long)entry.Length), different = entries.DistinctBy(entry => entry.Context).Sum(entry => (long)entry.Given);
        return entries.Sum(entry => (long)entry.Given) - different > all / 4;
    }

    private IEnumerable<ScoringBatch> Plain(Entry[] entries)
    {
        Entry[] sorted = [.. entries.OrderByDescending(entry => entry.Length).ThenBy(entry => entry.Request.Tokens, TokenOrder.Instance)];
        for (int from = 0, to; from < sorted.Length; from = to)
        {
            int most = Math.Min(batchSize ?? MostRequests, Math.Max(1, TokensPerBatch / sorted[from].Length));
            to = Math.Min(sorted.Length, from + most);
            yield return new ScoringBatch([.. sorted[from..to].Select(entry => entry.Request)], []);
        }
    }

    private IEnumerable<ScoringBatch> Shared(Entry[] entries)
    {
        List<Entry> batch = [];
        HashSet<ulong> contexts = [];
        int longest = 0;
        foreach (Entry entry in entries.OrderByDescending(entry => entry.Given).ThenBy(entry => entry.Request.Tokens, TokenOrder.Instance))
        {
            int count = batch.Count + 1, length = Math.Max(longest, entry.Length), groups = contexts.Count + (contexts.Contains(entry.Context) ? 0 : 1);
            bool fits = count <= (batchSize ?? MostRequests) && groups * (long)entry.Given + count * (long)(length - entry.Given) <= TokensPerBatch
                && count * (long)length * model.Layers * model.Width * 2 * sizeof(float) <= BytesPerCache;
            if (batch.Count > 0 && !fits)
            {
                yield return WithCuts(batch);
                batch = [];
                contexts.Clear();
                longest = 0;
            }

            batch.Add(entry);
            contexts.Add(entry.Context);
            longest = Math.Max(longest, entry.Length);
        }

        if (batch.Count > 0)
            yield return WithCuts(batch);
    }

    // Up to what all have in common, and then up to the end of the shortest context.
    private static ScoringBatch WithCuts(List<Entry> batch)
    {
        Entry[] groups = [.. batch.DistinctBy(entry => entry.Context)];
        int all = groups.Min(group => group.Request.Tokens.AsSpan(0, group.Given).CommonPrefixLength(groups[0].Request.Tokens)), shortest = batch.Min(entry => entry.Given);
        List<int> cuts = [];
        if ((long)(groups.Length - 1) * all >= TokensWorthAPass)
            cuts.Add(all);
        int from = cuts.Count > 0 ? all : 0;
        if (shortest > from && (long)(batch.Count - groups.Length) * (shortest - from) >= TokensWorthAPass)
            cuts.Add(shortest);
        return new ScoringBatch([.. batch.Select(entry => entry.Request)], cuts);
    }

    private readonly record struct Entry(ScoringRequest Request)
    {
        public int Length { get; } = Request.Tokens.Length - 1;

        public int Given { get; } = Request.Given;

        public ulong Context { get; } = PrefixKeys.Of(Request.Tokens.AsSpan(0, Request.Given));
    }

    private sealed class TokenOrder : IComparer<int[]>
    {
        public static TokenOrder Instance { get; } = new();

        public int Compare(int[]? x, int[]? y) => x.AsSpan().SequenceCompareTo(y.AsSpan());
    }
}
