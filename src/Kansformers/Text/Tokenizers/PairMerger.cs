namespace Kansformers.Text;

/// <summary>
/// Always merges the adjacent pair of lowest rank, the leftmost first, until no pair merges. For one thread.
/// </summary>
internal sealed class PairMerger(BytePairMerges merges)
{
    // Up to this many tokens the plain search for the lowest rank beats a heap.
    private const int LongestScanned = 96;

    private int[] _ids = new int[LongestScanned];
    private int[] _ranks = new int[LongestScanned];
    private int[] _next = [];
    private int[] _previous = [];

    /// <summary>Room for the tokens of a word.</summary>
    public Span<int> Room(int count)
    {
        if (_ids.Length < count)
            _ids = new int[count];
        return _ids;
    }

    /// <summary>Merges the first tokens in the room; the result is valid until it is used again.</summary>
    public ReadOnlySpan<int> Merge(int count) => _ids.AsSpan(0, count <= LongestScanned ? MergeByScan(count) : MergeByHeap(count));

    private int MergeByScan(int count)
    {
        Span<int> ids = _ids.AsSpan(0, count);
        Span<int> ranks = _ranks.AsSpan(0, count); // of each token with the one after it
        for (int i = 0; i + 1 < count; i++)
            ranks[i] = merges.Find(ids[i], ids[i + 1]);

        while (count > 1)
        {
            int best = 0;
            for (int i = 1; i < count - 1; i++)
            {
                if (ranks[i] < ranks[best])
                    best = i;
            }

            if (ranks[best] == BytePairMerges.None)
                break;
            int merged = merges.MergedBy(ranks[best]);
            count--;
            ids[best] = merged;
            ids[(best + 2)..(count + 1)].CopyTo(ids[(best + 1)..]);
            ranks[(best + 1)..count].CopyTo(ranks[best..]);
            if (best > 0)
                ranks[best - 1] = merges.Find(ids[best - 1], merged);
            if (best + 1 < count)
                ranks[best] = merges.Find(merged, ids[best + 1]);
        }

        return count;
    }

    /// <summary>The same result in n log n time: candidates in a heap by rank and place, tokens in a doubly linked list.</summary>
    private int MergeByHeap(int count)
    {
        if (_next.Length < count)
        {
            _next = new int[count];
            _previous = new int[count];
        }

        PriorityQueue<int, long> candidates = new(count);
        for (int i = 0; i < count; i++)
        {
            _previous[i] = i - 1;
            _next[i] = i + 1;
            if (i + 1 < count)
                Propose(candidates, i, i + 1);
        }

        while (candidates.TryDequeue(out int at, out long priority))
        {
            // A candidate is stale when one of its tokens was merged since: its place is dead or makes another pair.
            int rank = (int)(priority >> 32), right = _next[at];
            if (_ids[at] < 0 || right >= count || merges.Find(_ids[at], _ids[right]) != rank)
                continue;
            _ids[at] = merges.MergedBy(rank);
            _ids[right] = -1;
            int after = _next[at] = _next[right];
            if (after < count)
            {
                _previous[after] = at;
                Propose(candidates, at, after);
            }

            if (_previous[at] >= 0)
                Propose(candidates, _previous[at], at);
        }

        return Compact(count);
    }

    private void Propose(PriorityQueue<int, long> candidates, int left, int right)
    {
        int rank = merges.Find(_ids[left], _ids[right]);
        if (rank != BytePairMerges.None)
            candidates.Enqueue(left, ((long)rank << 32) | (uint)left);
    }

    private int Compact(int count)
    {
        int kept = 0;
        for (int i = 0; i < count; i++)
        {
            if (_ids[i] >= 0)
                _ids[kept++] = _ids[i];
        }

        return kept;
    }
}
