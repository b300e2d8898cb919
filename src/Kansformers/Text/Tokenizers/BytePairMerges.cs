using System.Numerics;

namespace Kansformers.Text;

/// <summary>The merges of a byte-pair encoding: two adjacent tokens to the one they make, in an open-addressing hash table.</summary>
internal sealed class BytePairMerges
{
    /// <summary>What <see cref="Find"/> gives for two tokens that do not merge; larger than every id.</summary>
    public const int None = int.MaxValue;

    private readonly ulong[] _keys;
    private readonly int[] _ranks;
    private readonly int[]? _mergedByRank;
    private readonly int _shift;

    /// <summary>Makes an empty table.</summary>
    /// <param name="capacity">The most merges that will be added.</param>
    /// <param name="mergedByRank">What each merge makes; null where that is the rank itself.</param>
    public BytePairMerges(int capacity, int[]? mergedByRank = null)
    {
        _mergedByRank = mergedByRank;
        int size = (int)BitOperations.RoundUpToPowerOf2(((uint)capacity * 2) + 2);
        _keys = new ulong[size];
        _ranks = new int[size];
        _shift = 64 - BitOperations.Log2((uint)size);
    }

    /// <summary>The ids of the 256 single bytes.</summary>
    public int[] ByteIds { get; } = new int[256];

    public void Add(int left, int right, int rank)
    {
        ulong key = Key(left, right);
        int slot = Slot(key);
        while (_keys[slot] != 0)
            slot = (slot + 1) & (_keys.Length - 1);
        _keys[slot] = key;
        _ranks[slot] = rank;
    }

    /// <summary>The token that the merge of a rank makes.</summary>
    public int MergedBy(int rank) => _mergedByRank is null ? rank : _mergedByRank[rank];

    /// <summary>The rank of the merge of two adjacent tokens; <see cref="None"/> when they do not merge.</summary>
    public int Find(int left, int right)
    {
        ulong key = Key(left, right);
        for (int slot = Slot(key); ; slot = (slot + 1) & (_keys.Length - 1))
        {
            ulong found = _keys[slot];
            if (found == key)
                return _ranks[slot];
            if (found == 0)
                return None;
        }
    }

    // Plus one, so that no key is the empty slot's zero.
    private static ulong Key(int left, int right) => (((ulong)(uint)left << 32) | (uint)right) + 1;

    private int Slot(ulong key) => (int)((key * 0x9E3779B97F4A7C15UL) >> _shift);
}
