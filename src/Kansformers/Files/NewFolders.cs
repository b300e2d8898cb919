namespace Kansformers.Files;

/// <summary>Folders that were made for a piece of work, to be taken away again when it fails.</summary>
internal sealed class NewFolders
{
    private readonly List<string> _made = []; // a folder before those in it

    /// <summary>Makes a folder and those above it, so far as they are missing.</summary>
    /// <exception cref="IOException">The system refuses; so may <see cref="UnauthorizedAccessException"/>.</exception>
    public void Make(string folder)
    {
        Stack<string> missing = new();
        for (string? path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)); path is not null && !Path.Exists(path); path = Path.GetDirectoryName(path))
            missing.Push(path);
        _made.AddRange(missing);
        Directory.CreateDirectory(folder);
    }

    /// <summary>Takes over the folders of a part of the work.</summary>
    public void Add(NewFolders part) => _made.AddRange(part._made);

    /// <summary>Removes them, so far as nothing lies in them.</summary>
    public void Remove()
    {
        foreach (string folder in Enumerable.Reverse(_made))
        {
            try
            {
                Directory.Delete(folder);
            }
            catch (Exception failure) when (SystemFault.Is(failure))
            {
                // Something lies there, or it was not made after all.
            }
        }
    }
}
