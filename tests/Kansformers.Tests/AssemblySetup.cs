using System.Runtime.CompilerServices;
using Kansformers.Runtime;

// One test at a time: torch's random generator, its count of tensors and the console belong to the whole process,
// and torch itself uses all processors.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
[assembly: Kansformers.Tests.Seeded]

namespace Kansformers.Tests;

/// <summary>Gives the tests, and the processes that they start, a cache of their own, and lets torch be found whatever a test touches first.</summary>
internal static class AssemblySetup
{
    /// <summary>The threads that torch has in a process of which nothing is said, as in those that tests start.</summary>
    public static int Threads { get; private set; }

    [ModuleInitializer]
    internal static void Prepare()
    {
        RuntimeHelpers.RunModuleConstructor(typeof(LibTorch).Module.ModuleHandle);
        string folder = Directory.CreateTempSubdirectory("kansformers-test-cache-").FullName;
        Environment.SetEnvironmentVariable("KANSFORMERS_CACHE", folder);
        Threads = TorchSharp.torch.get_num_threads(); // before any test sets another number; loads torch, perhaps by way of the cache
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // Windows keeps files that are in use; the system clears its temporary folder.
            }
        };
    }
}
