using System.Runtime.InteropServices;

namespace Kansformers.Runtime;

/// <summary>
/// How libtorch's OpenMP threads wait between two pieces of work. By default they spin for milliseconds, which steals the cores from
/// the .NET threads that expand the splines meanwhile, and on a busy machine makes every step many times slower: they shall sleep.
/// </summary>
internal static partial class OpenMpThreads
{
    private const string Policy = "OMP_WAIT_POLICY", Spins = "GOMP_SPINCOUNT";

    /// <summary>To be called before libtorch is loaded, since OpenMP reads its settings once. What the user has set is kept.</summary>
    public static void SleepWhileWaiting()
    {
        if (OperatingSystem.IsWindows() || Environment.GetEnvironmentVariable(Policy) is not null || Environment.GetEnvironmentVariable(Spins) is not null)
            return;
        _ = SetNativeVariable(Policy, "passive", overwrite: 0);
    }

    // .NET's own setter changes a copy that native code does not see.
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetNativeVariable(string name, string value, int overwrite);
}
