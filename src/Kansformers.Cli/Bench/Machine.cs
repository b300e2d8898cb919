using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Kansformers.Cli.Bench;

/// <summary>What a measurement ran on.</summary>
/// <param name="Cpu">The processor's name.</param>
/// <param name="Cores">How many cores this process may use.</param>
/// <param name="Threads">How many threads libtorch uses, and the library with it.</param>
/// <param name="Simd">The widest vector instructions: avx512, avx2, neon, ...</param>
/// <param name="NativeBf16">Whether the processor multiplies bf16 itself; null where the system does not tell. Without it, bf16 is slower than fp32.</param>
internal sealed record Machine(string Cpu, int Cores, int Threads, string Simd, bool? NativeBf16)
{
    private static readonly string[] Bf16Flags = ["avx512_bf16", "amx_bf16", "avx_ne_convert", "bf16"];

    public static Machine Current() => new(CpuName(), Environment.ProcessorCount, TorchSharp.torch.get_num_threads(), SimdName(), HasBf16());

    public override string ToString() => $"{Cpu}, {Cores} cores, {Threads} {(Threads == 1 ? "thread" : "threads")}, {Simd}{(NativeBf16 == false ? ", no bf16 instructions" : "")}";

    private static string SimdName() =>
        Vector512.IsHardwareAccelerated && Avx512F.IsSupported ? "avx512"
        : Avx2.IsSupported ? "avx2"
        : AdvSimd.IsSupported ? "neon"
        : Vector128.IsHardwareAccelerated ? "128 bits" : "none";

    private static string CpuName() =>
        CpuInfo("model name") is [string name, ..] ? name
        : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") is { Length: > 0 } windows ? windows
        : $"{RuntimeInformation.ProcessArchitecture}".ToLowerInvariant();

    private static bool? HasBf16() =>
        CpuInfo("flags").Concat(CpuInfo("Features")).FirstOrDefault() is string flags ? flags.Split(' ').Intersect(Bf16Flags).Any() : null;

    private static string[] CpuInfo(string field)
    {
        const string file = "/proc/cpuinfo";
        try
        {
            return !File.Exists(file) ? []
                : [.. File.ReadLines(file).Select(line => line.Split(':', 2)).Where(parts => parts.Length == 2 && parts[0].Trim() == field).Select(parts => parts[1].Trim())];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
