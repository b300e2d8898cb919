using System.Diagnostics;

namespace Kansformers.Files;

/// <summary>
/// The system's lock on a file that is there for nothing else. It is not the file's presence that locks: however the process ends, the system releases it. The file
/// stays, for a lock on a file that another process removes would be no lock.
/// </summary>
internal sealed class FileLock : IDisposable
{
    // What the system says when another holds the lock: EWOULDBLOCK on Linux and on macOS, a sharing or lock violation on Windows.
    private static readonly int[] HeldByAnother = [11, 35, unchecked((int)0x80070020), unchecked((int)0x80070021)];

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly FileStream _file;

    private FileLock(FileStream file, NewFolders made) => (_file, Made) = (file, made);

    /// <summary>The folders that were made for the file.</summary>
    public NewFolders Made { get; }

    /// <summary>Takes the lock; null where another process, or another part of this one, holds it.</summary>
    /// <param name="path">The file; it and its folder are made when missing.</param>
    /// <exception cref="KansformersException">The file cannot be written.</exception>
    public static FileLock? TryTake(string path)
    {
        NewFolders made = new();
        try
        {
            made.Make(Path.GetDirectoryName(Path.GetFullPath(path))!);
            return new FileLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0), made);
        }
        catch (IOException failure) when (HeldByAnother.Contains(failure.HResult))
        {
            return null;
        }
        catch (Exception failure) when (SystemFault.Is(failure))
        {
            made.Remove();
            throw new KansformersException($"cannot write '{path}': {SystemFault.Reason(failure)}", failure);
        }
    }

    /// <summary>Takes the lock, and waits where another holds it.</summary>
    /// <param name="path">The file; it and its folder are made when missing.</param>
    /// <param name="most">How long to wait.</param>
    /// <exception cref="KansformersException">The file cannot be written, or another holds the lock for longer.</exception>
    public static FileLock Wait(string path, TimeSpan most)
    {
        long began = Stopwatch.GetTimestamp();
        FileLock? taken;
        while ((taken = TryTake(path)) is null)
        {
            if (Stopwatch.GetElapsedTime(began) > most)
                throw new KansformersException($"'{path}' is locked by another process for longer than {most.TotalSeconds:0} seconds; end that process");
            Thread.Sleep(Pause);
        }

        return taken;
    }

    /// <summary>Releases the lock.</summary>
    public void Dispose() => _file.Dispose();
}
