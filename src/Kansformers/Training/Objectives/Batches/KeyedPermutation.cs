using System.Numerics;
using Kansformers.Runtime;

namespace Kansformers.Training;

/// <summary>
/// A shuffling of 0 to n - 1 that computes each entry by itself, without memory: a Feistel network over the next power of 4, walked on until it comes to a
/// number below n (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002).
/// </summary>
internal readonly struct KeyedPermutation
{
    private const int Rounds = 6;

    private readonly ulong _count, _key;
    private readonly int _half;

    /// <param name="count">n, at least 1 and at most 2^62.</param>
    /// <param name="key">Which shuffling.</param>
    public KeyedPermutation(long count, ulong key)
    {
        (_count, _key) = ((ulong)count, key);
        _half = (BitOperations.Log2(_count) + 2) / 2; // 4^half > n
    }

    /// <summary>Where an entry goes.</summary>
    /// <param name="index">0 to n - 1.</param>
    /// <returns>0 to n - 1, another one for each index.</returns>
    public long this[long index]
    {
        get
        {
            ulong at = (ulong)index;
            do
                at = Mixed(at);
            while (at >= _count);
            return (long)at;
        }
    }

    private ulong Mixed(ulong value)
    {
        ulong mask = (1UL << _half) - 1, left = value >> _half, right = value & mask;
        for (ulong round = 0; round < Rounds; round++)
            (left, right) = (right, left ^ (SplitMix.Mix(_key + SplitMix.Mix(right + (round << 40))) & mask));
        return (left << _half) | right;
    }
}
