using Kansformers.Runtime;

namespace Kansformers.Training;

/// <summary>Every start is as likely as any other, whatever was drawn before.</summary>
/// <param name="tokens">The tokens of the text.</param>
/// <param name="blockSize">The tokens of a sequence; the text has at least one more.</param>
internal sealed class ReplacementOrder(long tokens, int blockSize) : IBatchOrder
{
    public long Start(long seed, long batch, int row)
    {
        ulong bits = SplitMix.Mix(SplitMix.Mix(SplitMix.Mix((ulong)seed) + (ulong)batch) + (ulong)row);
        return (long)Math.BigMul(bits, (ulong)(tokens - blockSize), out _);
    }
}
