namespace Kansformers.Files;

/// <summary>The folder where the library keeps what it can make again: token files and the patched native library.</summary>
internal static class UserCache
{
    /// <summary>
    /// <c>KANSFORMERS_CACHE</c> when set, else <c>kansformers</c> in the system's cache folder
    /// (<c>XDG_CACHE_HOME</c> or <c>~/.cache</c>; the local application data on Windows), else in the temporary folder.
    /// The folder need not exist yet.
    /// </summary>
    public static string Folder
    {
        get
        {
            if (Environment.GetEnvironmentVariable("KANSFORMERS_CACHE") is { Length: > 0 } chosen)
                return Path.GetFullPath(chosen);
            if (Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache)
                return Path.Combine(Path.GetFullPath(cache), "kansformers");
            string home = OperatingSystem.IsWindows()
                ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            if (home.Length == 0)
                return Path.Combine(Path.GetTempPath(), "kansformers");
            return OperatingSystem.IsWindows() ? Path.Combine(home, "kansformers", "cache") : Path.Combine(home, ".cache", "kansformers");
        }
    }
}
