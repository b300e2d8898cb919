namespace Kansformers.Runtime;

/// <summary>The finaliser of SplitMix64 (Steele, Lea and Flood, 2014): every input bit changes every output bit.</summary>
internal static class SplitMix
{
    public static ulong Mix(ulong value)
    {
        value += 0x9e3779b97f4a7c15;
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }
}
