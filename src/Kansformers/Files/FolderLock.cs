namespace Kansformers.Files;

/// <summary>
/// Keeps a folder to one process. It is the system's lock on the file <c>.lock</c>, not the file's presence: however the process ends,
/// the system releases it. The file stays, for a lock on a file that another process removes would be no lock.
/// </summary>
internal sealed class FolderLock : IDisposable
{
    /// <summary>The file's name in the folder.</summary>
    public const string FileName = ".lock";

    // What the system says when another holds the lock: EWOULDBLOCK on Linux and on macOS, a sharing or lock violation on Windows.
    private static readonly int[] HeldByAnother = [11, 35, unchecked((int)0x80070020), unchecked((int)0x80070021)];

    private readonly FileStream _file;

    private FolderLock(FileStream file, NewFolders made) => (_file, Made) = (file, made);

    /// <summary>The folder and those above it, as far as they were made for the lock.</summary>
    public NewFolders Made { get; }

    /// <summary>Takes the lock.</summary>
    /// <param name="folder">The folder; made when missing.</param>
    /// <param name="use">What the other process does with the folder, when there is one: <c>another training</c>.</param>
    /// <exception cref="KansformersException">Another process, or another part of this one, holds the lock; or the folder cannot be written.</exception>
    public static FolderLock Take(string folder, string use)
    {
        string path = Path.Combine(folder, FileName);
        NewFolders made = new();
        try
        {
            made.Make(folder);
            return new FolderLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0), made);
        }
        catch (IOException failure) when (HeldByAnother.Contains(failure.HResult))
        {
            throw new KansformersException($"'{folder}' is in use by {use}; wait for its end, or choose another folder", failure);
        }
        catch (Exception failure) when (SystemFault.Is(failure))
        {
            made.Remove();
            throw new KansformersException($"cannot write '{path}': {SystemFault.Reason(failure)}", failure);
        }
    }

    /// <summary>Releases the lock.</summary>
    public void Dispose() => _file.Dispose();
}
