namespace Kansformers.Generation;

/// <summary>
/// Finds where the largest values end without sorting: a radix selection over the bits of the floats, three passes for any number of
/// values. Top-k counts values, top-p adds them up.
/// </summary>
internal static class TopSelection
{
    private const int MaxBits = 11;

    /// <summary>The k-th largest value.</summary>
    public static float KthLargest(ReadOnlySpan<float> values, int k) => Find(values, byMass: false, k).Threshold;

    /// <summary>
    /// The fewest largest values whose sum reaches <paramref name="mass"/>: all above the threshold, and that many of those equal to it.
    /// </summary>
    public static (float Threshold, int Ties) Nucleus(ReadOnlySpan<float> values, double mass) => Find(values, byMass: true, mass);

    private static (float Threshold, int Ties) Find(ReadOnlySpan<float> values, bool byMass, double target)
    {
        Span<double> totals = stackalloc double[1 << MaxBits];
        double above = 0;
        uint prefix = 0; // the upper bits of the threshold's key, as far as they are known
        int known = 0;
        foreach (int bits in (ReadOnlySpan<int>)[11, 11, 10])
        {
            totals.Clear();
            int shift = 32 - known - bits;
            uint mask = (1u << bits) - 1;
            foreach (float value in values)
            {
                ulong key = Key(value);
                if (key >> (32 - known) == prefix)
                    totals[(int)((uint)(key >> shift) & mask)] += byMass ? value : 1;
            }

            int last = -1; // the lowest bucket that holds anything, should rounding keep the sum below the target
            double aboveLast = above;
            for (int bucket = (int)mask; bucket >= 0; bucket--)
            {
                if (totals[bucket] == 0)
                    continue;
                (last, aboveLast) = (bucket, above);
                above += totals[bucket];
                if (above >= target)
                    break;
            }

            (above, prefix, known) = (aboveLast, (prefix << bits) | (uint)Math.Max(last, 0), known + bits);
        }

        float threshold = Value(prefix);
        double each = byMass ? threshold : 1;
        double ties = each > 0 ? Math.Ceiling((target - above) / each) : 1;
        return (threshold, (int)Math.Clamp(ties, 1, values.Length));
    }

    // An unsigned integer whose order is that of the floats: the sign bit flips, and with it all others of a negative number.
    // Without a branch, which random signs would mispredict half the time.
    private static uint Key(float value)
    {
        int bits = BitConverter.SingleToInt32Bits(value);
        return (uint)(bits ^ ((bits >> 31) | int.MinValue));
    }

    private static float Value(uint key) =>
        BitConverter.UInt32BitsToSingle((key & 0x80000000) != 0 ? key & 0x7FFFFFFF : ~key);
}
