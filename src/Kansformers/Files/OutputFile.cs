namespace Kansformers.Files;

/// <summary>
/// Writes a file that a person named: a page, a picture, a table. Whoever reads it, and a run that is killed at any moment, has the old content or the new, never a
/// part. Links are followed. A pipe or a device, such as /dev/stdout, is written as it is, for there is nothing to keep and nothing to put in its place.
/// </summary>
public static class OutputFile
{
    /// <summary>Writes UTF-8 text without a byte-order mark.</summary>
    /// <param name="path">The file to create or replace; its folder is made when missing.</param>
    /// <param name="text">The whole content.</param>
    /// <exception cref="KansformersException">The folder cannot be written, or the disk is full. An old file is kept.</exception>
    public static void WriteText(string path, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Write(path, System.Text.Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Writes bytes.</summary>
    /// <param name="path">The file to create or replace; its folder is made when missing.</param>
    /// <param name="content">The whole content.</param>
    /// <exception cref="KansformersException">As for <see cref="WriteText"/>.</exception>
    public static void Write(string path, byte[] content)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(content);
        string full = Path.GetFullPath(path);
        try
        {
            string real = RealFile.PathOf(full);
            if (!WriteThrough(full, real, content))
                AtomicFile.Write(real, stream => stream.Write(content));
        }
        catch (Exception failure) when (SystemFault.Is(failure))
        {
            throw new KansformersException($"cannot write '{full}': {SystemFault.Reason(failure)}", failure);
        }
    }

    // Whether it is a pipe or a device, and then written. A named pipe is told from an empty file by opening it.
    private static bool WriteThrough(string path, string real, byte[] content)
    {
        bool isDevice = !OperatingSystem.IsWindows() && (real.StartsWith("/dev/", StringComparison.Ordinal) || real.StartsWith("/proc/", StringComparison.Ordinal));
        if (!isDevice && (!File.Exists(path) || new FileInfo(path).Length > 0))
            return false;
        using FileStream stream = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        if (stream.CanSeek && !isDevice)
            return false;
        stream.Write(content);
        return true;
    }
}
