using System.Runtime.InteropServices;

namespace Kansformers.Runtime;

/// <summary>Where a program's native libraries can lie.</summary>
internal static class NativeFolders
{
    /// <summary>The full path of a native library, searched where the runtime itself searches; null when it is nowhere.</summary>
    public static string? Find(string file)
    {
        foreach (string folder in Candidates())
        {
            string path = Path.Combine(folder, file);
            if (File.Exists(path))
                return Path.GetFullPath(path);
        }

        return null;
    }

    private static IEnumerable<string> Candidates()
    {
        if (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") is string folders)
        {
            foreach (string folder in folders.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
                yield return folder;
        }

        string own = Path.GetDirectoryName(typeof(NativeFolders).Assembly.Location) is { Length: > 0 } beside ? beside : AppContext.BaseDirectory;
        foreach (string root in new[] { own, AppContext.BaseDirectory })
        {
            yield return root;
            yield return Path.Combine(root, "runtimes", RuntimeInformation.RuntimeIdentifier, "native");
            yield return Path.Combine(root, "runtimes", "linux-x64", "native");
        }
    }
}
