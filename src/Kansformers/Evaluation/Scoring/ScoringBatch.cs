using Kansformers.Runtime;

namespace Kansformers.Evaluation;

/// <summary>Requests that go through a model together, longest first or not, and which beginnings they share.</summary>
/// <param name="Requests">The requests, all different.</param>
/// <param name="Cuts">
/// Places up to which beginnings that are the same are computed once, in rising order; none where everything is computed for every request. The tokens up to the first
/// cut are computed for each different beginning, then those up to the next, and the rest for each request.
/// </param>
internal sealed record ScoringBatch(IReadOnlyList<ScoringRequest> Requests, IReadOnlyList<int> Cuts)
{
    /// <summary>The most tokens that the model reads of one request: the last token of each is a target only.</summary>
    public int Length { get; } = Requests.Max(request => request.Tokens.Length - 1);

    /// <summary>The stages, each with the rows that are computed in it.</summary>
    public IReadOnlyList<ScoringStage> Stages()
    {
        List<ScoringStage> stages = [];
        int[] before = new int[Requests.Count]; // which row of the stage before each request goes on from
        int from = 0;
        foreach (int to in Cuts)
        {
            Dictionary<ulong, int> known = [];
            List<int> rows = [], parents = [];
            for (int i = 0; i < Requests.Count; i++)
            {
                ulong key = PrefixKeys.Of(Requests[i].Tokens.AsSpan(0, to));
                if (known.TryAdd(key, rows.Count))
                {
                    rows.Add(i);
                    parents.Add(before[i]);
                }

                before[i] = known[key];
            }

            stages.Add(new ScoringStage(from, to, [.. rows], [.. parents]));
            from = to;
        }

        if (from < Length)
            stages.Add(new ScoringStage(from, Length, [.. Enumerable.Range(0, Requests.Count)], before));
        return stages;
    }
}

/// <summary>A stretch of positions, computed for some of the requests.</summary>
/// <param name="From">The first position.</param>
/// <param name="To">The position behind the last.</param>
/// <param name="Rows">The request whose tokens each row has.</param>
/// <param name="Parents">The row of the stage before that each row goes on from; of the first stage without meaning.</param>
internal sealed record ScoringStage(int From, int To, int[] Rows, int[] Parents)
{
    /// <summary>The tokens of all rows, one after the other; zeros behind the end of a request, which no token before them sees.</summary>
    public long[] Ids(IReadOnlyList<ScoringRequest> requests)
    {
        int width = To - From;
        long[] ids = new long[Rows.Length * width];
        for (int row = 0; row < Rows.Length; row++)
        {
            int[] tokens = requests[Rows[row]].Tokens;
            for (int at = From; at < Math.Min(To, tokens.Length - 1); at++)
                ids[row * width + at - From] = tokens[at];
        }

        return ids;
    }
}

/// <summary>Keys of beginnings: the same for the same tokens.</summary>
internal static class PrefixKeys
{
    /// <summary>The key of no tokens.</summary>
    public const ulong Empty = 0;

    /// <summary>The key of some tokens with one more.</summary>
    public static ulong With(ulong key, int token) => SplitMix.Mix(key + SplitMix.Mix((uint)token));

    /// <summary>The key of some tokens.</summary>
    public static ulong Of(ReadOnlySpan<int> tokens)
    {
        ulong key = Empty;
        foreach (int token in tokens)
            key = With(key, token);
        return key;
    }
}
