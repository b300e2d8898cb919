using System.Globalization;
using System.IO.Hashing;
using Kansformers.Files;

namespace Kansformers.Text;

/// <summary>
/// Hashes the files of a corpus. Remembers the result with the size and time of change of every file, so that a large corpus
/// that did not change is not read again.
/// </summary>
internal sealed class ContentHashes(string folder)
{
    /// <summary>A file that was changed this recently may change again within the resolution of its time, and is not remembered.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(3);

    /// <summary>A hash of the contents of the files in their order, wherever they lie.</summary>
    public string Of(IReadOnlyList<string> files, Action<long> advance, CancellationToken cancellation)
    {
        string state = State(files, out long size, out DateTime changed);
        string memory = Path.Combine(folder, CorpusCache.Key([.. files]) + ".hash");
        if (Recall(memory, state) is { } known)
        {
            advance(size);
            return known;
        }

        string result = CorpusCache.Key([.. files.Select(file => HashOf(file, advance, cancellation))]);
        if (DateTime.UtcNow - changed > Settled && State(files, out _, out _) == state)
            AtomicFile.WriteText(memory, $"{state}\n{result}\n");
        return result;
    }

    /// <summary>The sizes and times of change in a short form; a file that changes while it is read gives another afterwards.</summary>
    public static string State(IReadOnlyList<string> files, out long size, out DateTime changed)
    {
        (size, changed) = (0, DateTime.MinValue);
        List<string> states = [];
        foreach (string path in files)
        {
            try
            {
                FileInfo file = RealFile.Of(path);
                states.Add(string.Create(CultureInfo.InvariantCulture, $"{file.Length} {file.LastWriteTimeUtc.Ticks}"));
                size += file.Length;
                changed = file.LastWriteTimeUtc > changed ? file.LastWriteTimeUtc : changed;
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                throw SourceFile.CannotRead(path, failure);
            }
        }

        return CorpusCache.Key([.. states]);
    }

    private static string HashOf(string path, Action<long> advance, CancellationToken cancellation)
    {
        XxHash128 hash = new();
        byte[] buffer = new byte[1 << 16];
        using FileStream stream = SourceFile.Open(path);
        while (SourceFile.Read(stream, buffer) is int read and > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.Append(buffer.AsSpan(0, read));
            advance(read);
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    /// <summary>Whatever is not exactly what was written for these files is not believed.</summary>
    private static string? Recall(string memory, string state)
    {
        try
        {
            string[] lines = File.ReadAllLines(memory);
            return lines.Length == 2 && lines[0] == state && lines[1].Length == state.Length && lines[1].All(char.IsAsciiHexDigitLower) ? lines[1] : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
