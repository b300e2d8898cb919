namespace Kansformers.Checkpoints;

/// <summary>A run of elements that tensors are views of. Several tensors may share one.</summary>
/// <param name="Type">The type of the elements.</param>
/// <param name="Offset">The first element in <paramref name="Bytes"/>.</param>
/// <param name="Count">How many elements.</param>
/// <param name="Bytes">The elements, also of storages of which this one is a part.</param>
internal sealed record PyTorchStorage(StoredType Type, long Offset, long Count, TensorBytes Bytes);

/// <summary>Finds the storages that a pickle names.</summary>
internal abstract class StorageTable(MappedFile file)
{
    private readonly Dictionary<string, PyTorchStorage> _found = new(StringComparer.Ordinal);

    /// <summary>The storages found so far, by their key.</summary>
    protected IReadOnlyDictionary<string, PyTorchStorage> Found => _found;

    /// <summary>The file that holds them.</summary>
    protected MappedFile File => file;

    /// <exception cref="KansformersException">There is none of that name, or it has another type or size.</exception>
    public PyTorchStorage Find(string key, StoredType type, long count)
    {
        string shown = Readable.Text(key);
        if (!_found.TryGetValue(key, out PyTorchStorage? storage))
        {
            // Nothing in a file is longer than the file: this also keeps the products below from overflowing.
            if (count > file.Length / type.Size())
                throw file.Fault($"truncated: storage '{shown}' would hold {count} elements of {type.Size()} bytes, the file has {file.Length} bytes");
            storage = new PyTorchStorage(type, 0, count, Locate(key, type, count));
            _found.Add(key, storage);
        }

        return storage.Type == type && storage.Count == count
            ? storage
            : throw file.Fault($"storage '{shown}' is named as {storage.Count} x {storage.Type} and as {count} x {type}; the file is corrupted");
    }

    /// <summary>The bytes of a storage, at least as many as its elements take.</summary>
    protected abstract TensorBytes Locate(string key, StoredType type, long count);
}
