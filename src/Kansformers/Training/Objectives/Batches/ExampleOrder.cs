using Kansformers.Runtime;

namespace Kansformers.Training;

/// <summary>
/// Which examples make up a batch: each once in an epoch, in an order of the epoch's own, and those of about one length together, so that little of a batch is padding.
/// A pure function of seed and number, so that a run goes on from any step without a state of its own.
/// </summary>
/// <param name="lengths">The tokens of each example.</param>
/// <param name="batchSize">The most examples of a batch.</param>
internal sealed class ExampleOrder(IReadOnlyList<int> lengths, int batchSize)
{
    // So many batches are drawn at once, and sorted among themselves: enough for lengths to be alike, and few enough for labels that go with lengths to meet in a batch.
    private const int BatchesSorted = 8;

    private (long Seed, long Epoch, int[] Order)? _known;

    private readonly int _batches = (lengths.Count + batchSize - 1) / batchSize;

    /// <summary>The examples of a batch; the last one of an epoch's examples may be smaller.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="batch">Which batch of the run, counted from 0.</param>
    public ReadOnlySpan<int> Batch(long seed, long batch)
    {
        (long epoch, long place) = Math.DivRem(batch, _batches);
        if (_known is not { } known || known.Seed != seed || known.Epoch != epoch)
            _known = (seed, epoch, Sorted(KeyedDraws.Key(seed, epoch)));
        int at = (int)new KeyedPermutation(_batches, KeyedDraws.Key(seed, epoch, 1))[place] * batchSize;
        return _known.Value.Order.AsSpan(at, Math.Min(batchSize, lengths.Count - at));
    }

    private int[] Sorted(ulong key)
    {
        KeyedPermutation shuffled = new(lengths.Count, key);
        int[] order = [.. Enumerable.Range(0, lengths.Count).Select(i => (int)shuffled[i])];
        int pool = (int)Math.Min(lengths.Count, (long)BatchesSorted * batchSize);
        return [.. order.Chunk(pool).SelectMany(part => part.OrderBy(example => lengths[example]))];
    }
}
