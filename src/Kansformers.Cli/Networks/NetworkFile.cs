namespace Kansformers.Cli.Networks;

/// <summary>Where verbs write.</summary>
internal static class NetworkFile
{
    /// <summary>The full path of a file to write.</summary>
    /// <exception cref="UsageException">It is there already.</exception>
    public static string Checked(string path, bool overwrite) =>
        !overwrite && File.Exists(path) ? throw new UsageException($"'{path}' is there already; name another --out, or add --overwrite") : Path.GetFullPath(path);
}
