using System.Runtime.Intrinsics;

namespace Kansformers.Runtime;

/// <summary>How wide the machine's vectors are.</summary>
internal static class SimdWidth
{
    /// <summary>The lanes that float32 loops use at most: 16 with AVX-512, 8 with AVX2, else 4. Tests set it to try the others.</summary>
    public static int Lanes { get; set; } = Native;

    /// <summary>The lanes of this machine.</summary>
    public static int Native => Vector512.IsHardwareAccelerated ? 16 : Vector256.IsHardwareAccelerated ? 8 : 4;
}
