using Kansformers.Runtime;

namespace Kansformers.Training;

/// <summary>
/// In each epoch the text is cut into blocks side by side, from another offset than in the epoch before, and each is drawn once, in an order of the epoch's own.
/// </summary>
internal sealed class ShuffledOrder : IBatchOrder
{
    private readonly int _blockSize, _batchSize;
    private readonly long _offsets;

    /// <param name="tokens">The tokens of the text.</param>
    /// <param name="blockSize">The tokens of a sequence; the text has at least one more, the last one's target.</param>
    /// <param name="batchSize">The sequences of a batch.</param>
    public ShuffledOrder(long tokens, int blockSize, int batchSize)
    {
        // As many blocks as fit behind every offset below a block, so that epochs are of one length; offsets reach to the end of the text.
        (_blockSize, _batchSize) = (blockSize, batchSize);
        Blocks = Math.Max(1, (tokens - blockSize) / blockSize);
        _offsets = tokens - Blocks * blockSize;
    }

    /// <summary>The sequences of an epoch.</summary>
    public long Blocks { get; }

    public long Start(long seed, long batch, int row)
    {
        (long epoch, long place) = Math.DivRem(batch * _batchSize + row, Blocks);
        return Offset(seed, epoch) + new KeyedPermutation(Blocks, SplitMix.Mix((ulong)seed) + (ulong)epoch)[place] * _blockSize;
    }

    /// <summary>Where the first block of an epoch starts: at each possible place once, in an order of the seed's, before any comes again.</summary>
    internal long Offset(long seed, long epoch) => new KeyedPermutation(_offsets, ~SplitMix.Mix((ulong)seed))[epoch % _offsets];
}
