using System.Runtime.InteropServices;

namespace Kansformers.Text;

/// <summary>
/// Learns merges (Sennrich et al. 2016): always the most frequent pair of adjacent tokens, of equals the one with the lowest ids.
/// Each merge touches only the words that hold its pair; a queue holds the pairs by count, and an entry whose count has changed since is put back.
/// </summary>
internal sealed class MergeLearner
{
    private const long LeastCount = 2;

    private readonly int[][] _words;
    private readonly int[] _lengths;
    private readonly long[] _counts;
    private readonly Dictionary<long, long> _pairs = [];
    private readonly Dictionary<long, List<int>> _places = [];
    private readonly PriorityQueue<long, (long Count, long Pair)> _queue = new();
    private readonly HashSet<long> _changed = [];

    /// <summary>Begins with words as bytes in their tokens' ids, and how often each occurs.</summary>
    public MergeLearner(IReadOnlyList<(int[] Ids, long Count)> words)
    {
        _words = [.. words.Select(word => word.Ids)];
        _lengths = [.. _words.Select(ids => ids.Length)];
        _counts = [.. words.Select(word => word.Count)];
        for (int word = 0; word < _words.Length; word++)
        {
            for (int i = 0; i + 1 < _lengths[word]; i++)
                Change(Key(_words[word][i], _words[word][i + 1]), _counts[word], word);
        }

        EnqueueChanged();
    }

    /// <summary>The next pair, which becomes the token that it is given; null when none occurs twice.</summary>
    public (int Left, int Right)? Next(Func<int, int, int> makeToken)
    {
        while (_queue.TryDequeue(out long pair, out (long Count, long Pair) priority))
        {
            long count = _pairs.GetValueOrDefault(pair);
            if (count != -priority.Count)
                continue; // it was enqueued again with its new count
            if (count < LeastCount)
                return null;
            (int left, int right) = ((int)(pair >> 32), (int)pair);
            int id = makeToken(left, right);
            _places.Remove(pair, out List<int>? places);
            foreach (int word in places!)
                Merge(word, left, right, id);
            _pairs.Remove(pair);
            _changed.Remove(pair);
            EnqueueChanged();
            return (left, right);
        }

        return null;
    }

    private static long Key(int left, int right) => ((long)left << 32) | (uint)right;

    private void Merge(int word, int left, int right, int id)
    {
        int[] ids = _words[word];
        int length = _lengths[word], kept = 0;
        long count = _counts[word];
        for (int i = 0; i < length; i++)
        {
            if (ids[i] != left || i + 1 >= length || ids[i + 1] != right)
            {
                ids[kept++] = ids[i];
                continue;
            }

            // What stood before is already merged, what stands after is not yet.
            if (kept > 0)
            {
                Change(Key(ids[kept - 1], left), -count, -1);
                Change(Key(ids[kept - 1], id), count, word);
            }

            if (i + 2 < length)
            {
                Change(Key(right, ids[i + 2]), -count, -1);
                Change(Key(id, ids[i + 2]), count, word);
            }

            ids[kept++] = id;
            i++;
        }

        _lengths[word] = kept;
    }

    private void Change(long pair, long by, int word)
    {
        CollectionsMarshal.GetValueRefOrAddDefault(_pairs, pair, out _) += by;
        _changed.Add(pair);
        if (word < 0)
            return;
        ref List<int>? places = ref CollectionsMarshal.GetValueRefOrAddDefault(_places, pair, out _);
        places ??= [];
        if (places.Count == 0 || places[^1] != word)
            places.Add(word);
    }

    private void EnqueueChanged()
    {
        foreach (long pair in _changed)
        {
            if (_pairs[pair] > 0)
                _queue.Enqueue(pair, (-_pairs[pair], pair));
        }

        _changed.Clear();
    }
}
