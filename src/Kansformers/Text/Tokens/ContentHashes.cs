using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Kansformers.Files;

namespace Kansformers.Text;

/// <summary>
/// Hashes the files of a corpus. Remembers the hash of a path with its size and time of change, so that a large corpus that
/// did not change is not read again.
/// </summary>
internal sealed class ContentHashes(string folder)
{
    /// <summary>A file that was changed this recently may change again within the resolution of its time, and is not remembered.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(3);

    public UInt128 Of(string path, Action<long> advance, CancellationToken cancellation)
    {
        string state = State(path, out long size, out DateTime changed);
        string memory = Path.Combine(folder, Convert.ToHexStringLower(XxHash128.Hash(Encoding.UTF8.GetBytes(path))) + ".hash");
        if (Recall(memory, state) is UInt128 known)
        {
            advance(size);
            return known;
        }

        XxHash128 hash = new();
        byte[] buffer = new byte[1 << 16];
        using (FileStream stream = SourceFile.Open(path))
        {
            while (SourceFile.Read(stream, buffer) is int read and > 0)
            {
                cancellation.ThrowIfCancellationRequested();
                hash.Append(buffer.AsSpan(0, read));
                advance(read);
            }
        }

        UInt128 result = hash.GetCurrentHashAsUInt128();
        if (DateTime.UtcNow - changed > Settled && State(path, out _, out _) == state)
            AtomicFile.WriteText(memory, $"{state}\n{result:x32}\n");
        return result;
    }

    /// <summary>Size and time of change; a file that changes while it is read has another state afterwards.</summary>
    public static string State(string path, out long size, out DateTime changed)
    {
        try
        {
            FileInfo file = new(path);
            (size, changed) = (file.Length, file.LastWriteTimeUtc);
            return string.Create(CultureInfo.InvariantCulture, $"{size} {changed.Ticks}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw SourceFile.CannotRead(path, failure);
        }
    }

    private static UInt128? Recall(string memory, string state)
    {
        try
        {
            // Whatever is not exactly what was written is not believed.
            string[] lines = File.ReadAllLines(memory);
            return lines.Length == 2 && lines[0] == state && UInt128.TryParse(lines[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out UInt128 hash) ? hash : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
