using Kansformers.Files;

namespace Kansformers.Text;

/// <summary>Opens the files of corpora, with failures that a user understands.</summary>
internal static class SourceFile
{
    public static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw CannotRead(path, failure);
        }
    }

    /// <summary>Fills as much of the buffer as the file still holds.</summary>
    public static int Read(FileStream stream, Span<byte> buffer)
    {
        try
        {
            return stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw CannotRead(stream.Name, failure);
        }
    }

    public static void RequireContent(string path)
    {
        using FileStream stream = Open(path);
        if (stream.CanSeek && stream.Length == 0)
            throw new KansformersException($"the corpus '{path}' is empty; choose a file with text");
    }

    public static KansformersException CannotRead(string path, Exception failure) => new(
        failure is UnauthorizedAccessException
            ? $"cannot read '{path}': permission denied; make it readable, or choose another"
            : $"cannot read '{path}': {AtomicFile.Reason(failure)}",
        failure);
}
