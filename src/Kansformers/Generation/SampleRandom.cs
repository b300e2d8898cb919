using System.Numerics;

namespace Kansformers.Generation;

/// <summary>
/// The random numbers of one sample: xoshiro256** (Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators", 2021), its
/// state filled by SplitMix64. Integer arithmetic only, so that all platforms agree, whatever libtorch's generator does.
/// </summary>
internal sealed class SampleRandom
{
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    /// <summary>Starts the sequence of a seed and a sample number.</summary>
    public SampleRandom(long seed, int sample)
    {
        // Mixing before the sample number is added keeps sample 1 of seed 1 apart from sample 0 of seed 2.
        ulong state = unchecked((ulong)seed);
        state = unchecked(Mix(ref state) + (ulong)sample);
        (_a, _b, _c, _d) = (Mix(ref state), Mix(ref state), Mix(ref state), Mix(ref state));
    }

    /// <summary>The next 64 bits.</summary>
    public ulong Next()
    {
        ulong result = unchecked(BitOperations.RotateLeft(_b * 5, 7) * 9);
        ulong shifted = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= shifted;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>The next number, uniform in [0, 1), of 53 bits.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    private static ulong Mix(ref ulong state)
    {
        unchecked
        {
            ulong z = state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
