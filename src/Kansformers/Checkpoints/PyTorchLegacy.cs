using System.Numerics;

namespace Kansformers.Checkpoints;

/// <summary>
/// Reads what torch.save wrote before PyTorch 1.6: five pickles (a magic number, the protocol, the system, the values, the keys of
/// the storages), then the storages in the order of the keys, each with its element count in 8 bytes.
/// </summary>
internal static class PyTorchLegacy
{
    private const long Protocol = 1001;

    private static readonly BigInteger Magic = BigInteger.Parse("119547037146038801333356", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Whether the file starts with the pickle of the magic number.</summary>
    public static bool Recognise(MappedFile file)
    {
        // PROTO p, LONG1 10 bytes (the magic number), STOP
        const int length = 15;
        if (file.Length < length)
            return false;
        ReadOnlySpan<byte> start = file.Span(0, length);
        return start[0] == 0x80 && start[2] == 0x8a && start[3] == 10 && new BigInteger(start.Slice(4, 10)) == Magic && start[14] == (byte)'.';
    }

    /// <summary>Opens a file that was mapped; on success the result owns it.</summary>
    /// <exception cref="KansformersException">The file is not well-formed or asks for what it may not.</exception>
    public static TensorFile Read(MappedFile file)
    {
        LegacyStorages storages = new(file);
        long position = 0;
        if (Next(null) is not BigInteger magic || magic != Magic)
            throw file.Fault("it does not start with PyTorch's magic number");
        if (Next(null) is not Protocol)
            throw file.Fault($"its protocol is not {Protocol}, the only one that PyTorch wrote");
        if (Next(null) is not PickleDictionary system || !system.TryGet("little_endian", out object? little) || little is not true)
            throw file.Fault("it was written on a big-endian machine; only little-endian files are supported");
        object? content = Next(storages);
        if (Next(null) is not PickleList keys)
            throw file.Fault("its list of storages is missing");
        storages.Bind(keys, position);
        return StateDictionaryFinder.Open(file, TensorFileFormat.PyTorchLegacy, content);

        object? Next(StorageTable? table)
        {
            if (position >= file.Length)
                throw file.Fault("truncated: it ends between its parts");
            object? value = PickleMachine.Read(file, position, file.Length - position, table, out int length);
            position += length;
            return value;
        }
    }

    private sealed class LegacyStorages(MappedFile file) : StorageTable(file)
    {
        private const int CountBytes = 8;

        /// <summary>Tells each storage where its elements lie, now that the pickles end.</summary>
        public void Bind(PickleList keys, long position)
        {
            HashSet<string> bound = new(StringComparer.Ordinal);
            foreach (object? item in keys)
            {
                if (item is not string key || !Found.TryGetValue(key, out PyTorchStorage? storage) || !bound.Add(key))
                    throw File.Fault("its list of storages does not match the storages that its tensors name; it is corrupted");
                string shown = Readable.Text(key);
                if (position > File.Length - CountBytes)
                    throw File.Fault($"truncated: the file ends before storage '{shown}'");
                long count = BitConverter.ToInt64(File.Span(position, CountBytes));
                position += CountBytes;
                if (count != storage.Count)
                    throw File.Fault($"storage '{shown}' has {count} elements, its tensors need {storage.Count}; the file is corrupted");
                long bytes = count * storage.Type.Size();
                if (bytes > File.Length - position)
                    throw File.Fault($"truncated: storage '{shown}' has {bytes} bytes, the file {File.Length - position} more");
                ((LateBytes)storage.Bytes).Place = File.Slice(position, bytes);
                position += bytes;
            }

            if (bound.Count != Found.Count)
                throw File.Fault("its list of storages lacks some that its tensors name; it is corrupted");
        }

        protected override TensorBytes Locate(string key, StoredType type, long count) => new LateBytes(count * type.Size());
    }

    /// <summary>Bytes whose place in the file is known only after the tensors.</summary>
    private sealed class LateBytes(long length) : TensorBytes
    {
        public TensorBytes? Place { get; set; }

        public override long Length => length;

        public override void Read(long offset, Span<byte> destination) => Place!.Read(offset, destination);

        public override void ReadPieces(long offset, long stride, int piece, Span<byte> destination) =>
            Place!.ReadPieces(offset, stride, piece, destination);
    }
}
