using System.Text.RegularExpressions;

namespace Kansformers.Files;

/// <summary>
/// Writes whole files so that a reader, or a run killed at any moment, sees the old content or the new, never a part:
/// write to a temporary file beside the target, flush it to the disk, rename.
/// </summary>
internal static partial class AtomicFile
{
    /// <summary>Writes <paramref name="path"/> through a stream.</summary>
    /// <param name="path">The file to create or replace; its folder is made when missing.</param>
    /// <param name="write">Writes the content to the stream it is given.</param>
    /// <exception cref="KansformersException">The folder cannot be written, or the disk is full or does not take so large a file. The old file is kept.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        string full = Path.GetFullPath(path);
        string temporary = $"{full}.{Environment.ProcessId}.{Guid.NewGuid():N}.tmp";
        using FilesTogether written = FilesTogether.Begin();
        try
        {
            written.Folders.Make(Path.GetDirectoryName(full)!);
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(FileFault.Wrap(stream));
                stream.Flush(flushToDisk: true);
            }

            bool isNew = !Path.Exists(full);
            File.Move(temporary, full, overwrite: true);
            if (isNew)
                written.Add(full);
            written.Keep();
        }
        catch (Exception failure) when (SystemFault.Is(failure))
        {
            throw new KansformersException(
                $"cannot write '{full}': {Reason(failure)}; the previous file, if any, is unchanged", failure);
        }
        finally
        {
            TryDelete(temporary);
        }
    }

    /// <summary>Writes <paramref name="path"/> as UTF-8 text without a byte-order mark.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="text">The whole content.</param>
    /// <exception cref="KansformersException">As for <see cref="Write"/>.</exception>
    public static void WriteText(string path, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>Whether a file's name is that of a temporary file which <see cref="Write"/> made beside one of the given files.</summary>
    internal static bool IsTemporary(string name, IReadOnlyCollection<string> targets) => IsTemporary(name, targets.Contains);

    /// <summary>Whether a file name is that of a half-written file.</summary>
    /// <param name="name">The name.</param>
    /// <param name="isTarget">Whether a name is that of a file which would have been written.</param>
    internal static bool IsTemporary(string name, Predicate<string> isTarget) => TemporaryEnd().Match(name) is { Success: true } end && isTarget(name[..end.Index]);

    /// <summary>One clause that tells a user why a file operation failed and what to do about it.</summary>
    internal static string Reason(Exception failure) => SystemFault.Reason(failure);

    [GeneratedRegex(@"\.[0-9]+\.[0-9a-f]{32}\.tmp\z", RegexOptions.CultureInvariant)]
    private static partial Regex TemporaryEnd();

    /// <summary>Removes a file, if the system lets it.</summary>
    internal static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception failure) when (SystemFault.Is(failure))
        {
            // What is left over harms nobody: a temporary name never collides, and readers ignore it.
        }
    }
}
