using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Kansformers.Runtime;

/// <summary>The most memory that this process has ever held.</summary>
public static partial class PeakMemory
{
    /// <summary>
    /// The process's largest resident set so far, in bytes: native memory (libtorch's tensors) and managed memory together.
    /// Linux: <c>VmHWM</c> of <c>/proc/self/status</c>; macOS: <c>ru_maxrss</c>; Windows: the peak working set.
    /// </summary>
    public static long Bytes
    {
        get
        {
            if (OperatingSystem.IsLinux() && FromProc() is long linux)
                return linux;
            if (!OperatingSystem.IsWindows() && FromResourceUsage() is long unix)
                return unix;
            using Process process = Process.GetCurrentProcess();
            return Math.Max(process.PeakWorkingSet64, process.WorkingSet64);
        }
    }

    /// <summary>The <c>VmHWM</c> line (in kibibytes) of a <c>/proc/PID/status</c> text, in bytes; null where there is none.</summary>
    internal static long? ParseStatus(string status)
    {
        foreach (ReadOnlySpan<char> line in status.AsSpan().EnumerateLines())
        {
            if (!line.StartsWith("VmHWM:", StringComparison.Ordinal))
                continue;
            ReadOnlySpan<char> value = line["VmHWM:".Length..].Trim();
            if (value.EndsWith("kB", StringComparison.Ordinal) &&
                long.TryParse(value[..^2].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long kibibytes))
                return kibibytes * 1024;
        }

        return null;
    }

    /// <summary>What <c>getrusage</c> says; .NET's own peak working set is 0 on macOS.</summary>
    internal static unsafe long? FromResourceUsage()
    {
        // struct rusage on 64-bit Unix: two time values of 16 bytes, then ru_maxrss and 13 more words.
        long* usage = stackalloc long[32];
        try
        {
            if (GetResourceUsage(0, usage) != 0)
                return null;
        }
        catch (Exception failure) when (failure is DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }

        return OperatingSystem.IsMacOS() ? usage[4] : usage[4] * 1024;
    }

    private static long? FromProc()
    {
        try
        {
            return ParseStatus(File.ReadAllText("/proc/self/status"));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // A container may hide /proc: the system call answers too.
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static unsafe partial int GetResourceUsage(int who, long* usage);
}
