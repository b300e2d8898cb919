using System.IO.Compression;
using System.Text;
using Kansformers.Files;

namespace Kansformers.Checkpoints;

/// <summary>
/// Writes PyTorch's zip archive, which <c>torch.load</c> reads, also with <c>weights_only=True</c>. The same values give the same bytes: entries carry no
/// time of their own.
/// </summary>
internal static class PyTorchWriter
{
    private const string Root = "archive";

    // The earliest time that a zip archive can tell.
    private static readonly DateTimeOffset NoTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <exception cref="KansformersException">The file cannot be written; the old one, if any, is kept.</exception>
    /// <exception cref="ArgumentException">There is a value that a PyTorch file cannot hold.</exception>
    public static void Write(string path, object? content)
    {
        PickleWriter pickle = new();
        byte[] bytes = pickle.Write(content);
        AtomicFile.Write(path, stream =>
        {
            using ZipArchive archive = new(stream, ZipArchiveMode.Create, leaveOpen: true, Encoding.UTF8);
            Add(archive, "data.pkl", entry => entry.Write(bytes));
            Add(archive, "byteorder", entry => entry.Write("little"u8));
            for (int key = 0; key < pickle.Storages.Count; key++)
                Add(archive, FormattableString.Invariant($"data/{key}"), pickle.Storages[key].WriteTo);
            Add(archive, "version", entry => entry.Write("3\n"u8));
        });
    }

    private static void Add(ZipArchive archive, string name, Action<Stream> write)
    {
        ZipArchiveEntry entry = archive.CreateEntry($"{Root}/{name}", CompressionLevel.NoCompression);
        entry.LastWriteTime = NoTime;
        using Stream stream = entry.Open();
        write(stream);
    }
}
