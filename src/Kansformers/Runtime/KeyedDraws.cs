namespace Kansformers.Runtime;

/// <summary>A stream of random numbers that follows from a key alone, so that whatever is drawn from it is the same at every call and on every machine.</summary>
/// <param name="key">Which stream.</param>
internal struct KeyedDraws(ulong key)
{
    private ulong _count;

    /// <summary>The key of a stream that belongs to some numbers.</summary>
    public static ulong Key(params ReadOnlySpan<long> numbers)
    {
        ulong key = 0;
        foreach (long number in numbers)
            key = SplitMix.Mix(key + (ulong)number);
        return key;
    }

    /// <summary>0 to below 1.</summary>
    public double Next() => (Bits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>0 to below a number.</summary>
    public int Next(int below) => (int)Math.BigMul(Bits(), (ulong)below, out _);

    private ulong Bits() => SplitMix.Mix(key + SplitMix.Mix(_count++));
}
