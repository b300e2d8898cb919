using System.IO.Hashing;
using Kansformers.Files;

namespace Kansformers.Text;

/// <summary>A file whose content is known: its state when that was found out, and the hash of the content.</summary>
internal readonly record struct KnownContent(string Path, FileStamp Stamp, bool IsSettled, string Hash);

/// <summary>
/// Hashes the files of a corpus. The hash of a large file is remembered with what the file system tells of it (<see cref="FileStamp"/>) and a hash of
/// samples of its content; a file of which all of these are the same is not read again. Where the file system does not tell surely, or the file has
/// just been changed, it is always read: equal sizes and times are no proof.
/// </summary>
internal sealed class ContentHashes(string folder, TimeProvider? clock = null)
{
    private const int SampleBytes = 1 << 12, Samples = 16;

    /// <summary>A file that the samples would cover is read as a whole.</summary>
    private const int SmallFile = SampleBytes * Samples;

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    /// <summary>The contents of the files in their order, wherever they lie.</summary>
    public IReadOnlyList<KnownContent> Of(IReadOnlyList<string> files, Action<long> advance, CancellationToken cancellation)
    {
        string memory = Path.Combine(folder, CorpusCache.Key([.. files]) + ".hash");
        Dictionary<string, string> remembered = Recall(memory), current = [];
        List<KnownContent> contents = [];
        foreach (string path in files)
        {
            FileStamp stamp = StampOf(path);
            bool settled = stamp.IsSettledAt(_clock.GetUtcNow());
            if (!settled || stamp.Length <= SmallFile)
            {
                contents.Add(new KnownContent(path, stamp, settled, HashOf(path, advance, cancellation)));
                continue;
            }

            string state = CorpusCache.Key(stamp.State, SamplesOf(path, stamp.Length));
            bool known = remembered.TryGetValue(state, out string? hash);
            if (known)
                advance(stamp.Length);
            hash ??= HashOf(path, advance, cancellation);
            contents.Add(new KnownContent(path, stamp, settled, hash));
            if (known || StampOf(path) == stamp)
                current[state] = hash;
        }

        if (current.Keys.Any(state => !remembered.ContainsKey(state)))
            AtomicFile.WriteText(memory, string.Concat(current.Select(item => $"{item.Key} {item.Value}\n")));
        return contents;
    }

    /// <summary>Whether files are still what they were; those whose state does not tell are read again.</summary>
    public static bool AreUnchanged(IReadOnlyList<KnownContent> contents, CancellationToken cancellation) => contents.All(content =>
        StampOf(content.Path) is var stamp
        && stamp.Length == content.Stamp.Length
        && (content.IsSettled ? stamp.State == content.Stamp.State : HashOf(content.Path, null, cancellation) == content.Hash));

    private static FileStamp StampOf(string path)
    {
        try
        {
            return FileStamp.Of(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw SourceFile.CannotRead(path, failure);
        }
    }

    private static string HashOf(string path, Action<long>? advance, CancellationToken cancellation)
    {
        XxHash128 hash = new();
        byte[] buffer = new byte[1 << 16];
        using FileStream stream = SourceFile.Open(path);
        while (SourceFile.Read(stream, buffer) is int read and > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.Append(buffer.AsSpan(0, read));
            advance?.Invoke(read);
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    // Spread evenly, the first and the last bytes among them.
    private static string SamplesOf(string path, long length)
    {
        XxHash128 hash = new();
        byte[] buffer = new byte[SampleBytes];
        using FileStream stream = SourceFile.Open(path);
        for (int i = 0; i < Samples; i++)
        {
            stream.Position = (long)((Int128)(length - SampleBytes) * i / (Samples - 1));
            hash.Append(buffer.AsSpan(0, SourceFile.Read(stream, buffer)));
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    /// <summary>The states that are known, with their hashes; whatever is not exactly so is not believed.</summary>
    private static Dictionary<string, string> Recall(string memory)
    {
        try
        {
            Dictionary<string, string> known = [];
            foreach (string line in File.ReadAllLines(memory))
            {
                if (line.Split(' ') is [string state, string hash] && IsKey(state) && IsKey(hash))
                    known[state] = hash;
            }

            return known;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static bool IsKey(string text) => text.Length == 32 && text.All(char.IsAsciiHexDigitLower);
}
