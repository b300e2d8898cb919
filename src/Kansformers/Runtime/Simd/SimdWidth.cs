using System.Runtime.Intrinsics;

namespace Kansformers.Runtime;

/// <summary>How wide the machine's vectors are.</summary>
internal static class SimdWidth
{
    /// <summary>The lanes of float32 vectors: 16 with AVX-512, 8 with AVX2, else 4.</summary>
    public static int Lanes => Vector512.IsHardwareAccelerated ? 16 : Vector256.IsHardwareAccelerated ? 8 : 4;
}
