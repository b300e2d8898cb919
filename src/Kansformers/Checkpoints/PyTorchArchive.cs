using System.Globalization;
using System.Text;

namespace Kansformers.Checkpoints;

/// <summary>
/// Reads PyTorch's zip archives: <c>NAME/data.pkl</c> describes the values, <c>NAME/data/KEY</c> holds the elements of a storage,
/// <c>NAME/byteorder</c> and <c>NAME/version</c> say how.
/// </summary>
internal static class PyTorchArchive
{
    private const int MaximumVersion = 10;

    /// <summary>Opens a file that was mapped; on success the result owns it.</summary>
    /// <exception cref="KansformersException">The file is not well-formed or asks for what it may not.</exception>
    public static TensorFile Read(MappedFile file)
    {
        IReadOnlyDictionary<string, ZipEntry> entries = ZipDirectory.Read(file);
        ZipEntry[] pickles = [.. entries.Values.Where(entry => entry.Name.EndsWith("/data.pkl", StringComparison.Ordinal) && entry.Name.Count(c => c == '/') == 1)];
        if (pickles.Length != 1)
            throw file.Fault("it is a zip archive, but not one that torch.save wrote: it does not hold exactly one 'NAME/data.pkl'");
        string root = pickles[0].Name[..^"data.pkl".Length];
        if (entries.ContainsKey($"{root}constants.pkl"))
            throw file.Fault("it is a TorchScript program, not a checkpoint; save the model's state_dict() with torch.save");
        if (ReadText("byteorder") is { } order and not "little")
            throw file.Fault($"its byte order is '{Readable.Text(order)}'; only little-endian files are supported, save it on a little-endian machine");
        if (ReadText("version") is { } version
            && (!int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number is < 1 or > MaximumVersion))
        {
            throw file.Fault($"its archive version is '{Readable.Text(version)}'; known are 1 to {MaximumVersion}");
        }

        ZipEntry pickle = pickles[0];
        Open(file, pickle).Verify();
        object? content = PickleMachine.Read(file, pickle.Start, pickle.Length, new ArchiveStorages(file, entries, root), out _);
        return StateDictionaryFinder.Open(file, TensorFileFormat.PyTorchArchive, content);

        string? ReadText(string name)
        {
            if (!entries.TryGetValue(root + name, out ZipEntry? entry))
                return null;
            byte[] bytes = new byte[(int)Math.Min(entry.Length, 64)];
            Open(file, entry).Read(0, bytes);
            return Encoding.Latin1.GetString(bytes).Trim();
        }
    }

    private static TensorBytes Open(MappedFile file, ZipEntry entry) =>
        file.SliceWithChecksum(entry.Start, entry.Length, entry.Checksum, $"the archive's '{Readable.Text(entry.Name)}'");

    private sealed class ArchiveStorages(MappedFile file, IReadOnlyDictionary<string, ZipEntry> entries, string root) : StorageTable(file)
    {
        protected override TensorBytes Locate(string key, StoredType type, long count)
        {
            if (!entries.TryGetValue($"{root}data/{key}", out ZipEntry? entry))
                throw File.Fault($"the archive lacks storage '{Readable.Text(key)}'; it is truncated or corrupted");
            if (entry.Length < count * type.Size())
                throw File.Fault($"truncated: storage '{Readable.Text(key)}' has {entry.Length} bytes, its {count} elements of {type} take {count * type.Size()}");
            return Open(File, entry);
        }
    }
}
