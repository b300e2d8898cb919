namespace Kansformers.Files;

/// <summary>Keeps a folder to one process, by a <see cref="FileLock"/> on its file <c>.lock</c>.</summary>
internal sealed class FolderLock : IDisposable
{
    /// <summary>The file's name in the folder.</summary>
    public const string FileName = ".lock";

    private readonly FileLock _file;

    private FolderLock(FileLock file) => _file = file;

    /// <summary>The folder and those above it, as far as they were made for the lock.</summary>
    public NewFolders Made => _file.Made;

    /// <summary>Takes the lock.</summary>
    /// <param name="folder">The folder; made when missing.</param>
    /// <param name="use">What the other process does with the folder, when there is one: <c>another training</c>.</param>
    /// <exception cref="KansformersException">Another process, or another part of this one, holds the lock; or the folder cannot be written.</exception>
    public static FolderLock Take(string folder, string use) => new(FileLock.TryTake(Path.Combine(folder, FileName))
        ?? throw new KansformersException($"'{folder}' is in use by {use}; wait for its end, or choose another folder"));

    /// <summary>Releases the lock.</summary>
    public void Dispose() => _file.Dispose();
}
