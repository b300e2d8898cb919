namespace Kansformers.Files;

/// <summary>
/// What a path leads to, through links to files and folders. A link's own size and time of change say nothing of what is read
/// through it, and the files of a hub's cache are all links.
/// </summary>
internal static class RealFile
{
    /// <summary>As many as Linux follows; more go in a circle.</summary>
    private const int MostLinks = 40;

    /// <summary>The file itself, whose size and time of change are those of what is read.</summary>
    public static FileInfo Of(string path)
    {
        FileInfo real = new(PathOf(path));

        // A pipe, such as one under /dev/fd, looks like a link that leads nowhere.
        return real.Exists ? real : new FileInfo(path);
    }

    /// <summary>
    /// The full path without links. Goes through it part by part, as the system does: <c>..</c> in a link's target is the folder
    /// above where the link really lies, which .NET's own way to resolve links misses when a folder on the way is a link.
    /// </summary>
    public static string PathOf(string path)
    {
        string full = Path.GetFullPath(path), real = Path.GetPathRoot(full)!;
        Stack<string> rest = new();
        Push(rest, full);
        for (int links = 0; rest.TryPop(out string? part);)
        {
            if (part == "..")
            {
                real = Path.GetDirectoryName(real) ?? real;
                continue;
            }

            string next = Path.Combine(real, part);
            FileSystemInfo entry = Directory.Exists(next) ? new DirectoryInfo(next) : new FileInfo(next);
            if (entry.LinkTarget is not string target)
            {
                real = next;
                continue;
            }

            if (++links > MostLinks)
                return full;
            if (Path.IsPathRooted(target))
                real = Path.GetPathRoot(Path.GetFullPath(target))!;
            Push(rest, target);
        }

        return real;
    }

    private static void Push(Stack<string> rest, string path)
    {
        string[] parts = path[(Path.GetPathRoot(path)?.Length ?? 0)..].Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries);
        foreach (string part in parts.Reverse().Where(part => part != "."))
            rest.Push(part);
    }
}
