using System.Diagnostics;
using System.Runtime.InteropServices;
using Kansformers.Runtime;

namespace Kansformers.Cli.Bench;

/// <summary>How much memory a piece of work needs beyond what the process holds when it begins.</summary>
/// <remarks>
/// On Linux the kernel's peak is set back to what is resident. Elsewhere a peak cannot be set back: one that lies before
/// <see cref="Begin"/> counts too, so measure in a process that has done little else.
/// </remarks>
internal readonly partial record struct ExtraMemory(long BaselineBytes)
{
    private const long Unnoticed = 16 << 20;

    /// <summary>Whether nothing that lay before <see cref="Begin"/> counts: the peak was set back to what is resident, as the system tells it.</summary>
    public bool IsFresh { get; private init; }

    /// <summary>The most memory that the process has held since <see cref="Begin"/>, where <see cref="IsFresh"/>; else ever.</summary>
    public static long PeakBytes => PeakMemory.Bytes;

    /// <summary>The most memory beyond the baseline since <see cref="Begin"/>.</summary>
    public long PeakExtraBytes => Math.Max(0, PeakBytes - BaselineBytes);

    /// <summary>Gives free memory back to the system and takes what is left as the baseline.</summary>
    public static ExtraMemory Begin()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        ReturnFreeMemory();
        SetPeakBack();
        using Process process = Process.GetCurrentProcess();
        long baseline = process.WorkingSet64;
        return new ExtraMemory(baseline) { IsFresh = PeakBytes - baseline < Unnoticed };
    }

    // What glibc keeps for later would be reused by the work without showing up in the peak.
    private static void ReturnFreeMemory()
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            _ = Trim(0);
        }
        catch (Exception failure) when (failure is DllNotFoundException or EntryPointNotFoundException)
        {
            // musl has no such function, and keeps little.
        }
    }

    private static void SetPeakBack()
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            File.WriteAllText("/proc/self/clear_refs", "5"); // 5: set the peak back to what is resident (proc(5))
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Not allowed in this container: the peak so far stays.
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint padding);
}
