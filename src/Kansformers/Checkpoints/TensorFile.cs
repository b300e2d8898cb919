using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Kansformers.Checkpoints;

/// <summary>How a checkpoint is written.</summary>
public enum TensorFileFormat
{
    /// <summary>The safetensors format: a JSON header and the raw elements.</summary>
    Safetensors,

    /// <summary>PyTorch's zip archive (<c>torch.save</c> since 1.6).</summary>
    PyTorchArchive,

    /// <summary>PyTorch's format before 1.6: pickles followed by raw storages.</summary>
    PyTorchLegacy,
}

/// <summary>
/// An open checkpoint: named tensors in the order of the file. The file stays mapped until this is disposed;
/// elements are read only when a tensor is asked for them.
/// </summary>
public sealed class TensorFile : IDisposable
{
    private readonly IDisposable _owner;
    private readonly Dictionary<string, StoredTensor> _byName = [];

    internal TensorFile(MappedFile file, TensorFileFormat format, IEnumerable<StoredTensor> tensors)
        : this(file.Path, file, format, tensors)
    {
    }

    /// <summary>Tensors that come from elsewhere: several files, or another file under other names. On success this owns them.</summary>
    internal TensorFile(string path, IDisposable owner, TensorFileFormat format, IEnumerable<StoredTensor> tensors)
    {
        _owner = owner;
        Path = path;
        Format = format;
        Tensors = [.. tensors];
        foreach (StoredTensor tensor in Tensors)
            _byName.Add(tensor.Name, tensor);
    }

    /// <summary>The file, or the folder of a model in several files.</summary>
    public string Path { get; }

    /// <summary>How the file is written.</summary>
    public TensorFileFormat Format { get; }

    /// <summary>The tensors of the state dictionary, in the order of the file.</summary>
    public ImmutableArray<StoredTensor> Tensors { get; }

    /// <summary>The texts that a safetensors header carries; empty for other formats.</summary>
    public ImmutableSortedDictionary<string, string> Metadata { get; internal init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// The key of the file's outer dictionary under which the state dictionary was found (<c>model</c>, <c>state_dict</c>,
    /// <c>model_state_dict</c>); null where the file is the state dictionary itself.
    /// </summary>
    public string? FoundUnder { get; internal init; }

    /// <summary>
    /// Everything that a PyTorch file holds; null for other formats. A value is null, <see cref="bool"/>, <see cref="long"/>,
    /// <see cref="System.Numerics.BigInteger"/> (beyond long), <see cref="double"/>, <see cref="string"/> (also for types and devices,
    /// as in <c>torch.float32</c>), an array of <see cref="byte"/>, <see cref="PickleList"/>, <see cref="PickleDictionary"/> or
    /// <see cref="StoredTensor"/>. The tree has no cycles and at most 200 levels.
    /// </summary>
    internal PickleDictionary? Content { get; init; }

    /// <summary>What was taken in one of several ways; null until a reader of models has looked.</summary>
    internal ImmutableArray<FileNote>? Notes { get; init; }

    /// <summary>The names in the file of tensors that go by another one here.</summary>
    internal ImmutableDictionary<string, string> OriginalNames { get; init; } = ImmutableDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>The tensor of that name.</summary>
    /// <param name="name">The key in the file.</param>
    /// <exception cref="KansformersException">The file has no such tensor.</exception>
    public StoredTensor this[string name] =>
        TryGet(name, out StoredTensor? tensor) ? tensor : throw new KansformersException($"cannot read '{Path}': it has no tensor '{Readable.Text(name)}'");

    /// <summary>Looks a tensor up.</summary>
    /// <param name="name">The key in the file.</param>
    /// <param name="tensor">The tensor, or null.</param>
    public bool TryGet(string name, [NotNullWhen(true)] out StoredTensor? tensor) => _byName.TryGetValue(name, out tensor);

    /// <summary>The name of a tensor in the file itself.</summary>
    internal string OriginalName(string name) => OriginalNames.GetValueOrDefault(name, name);

    /// <summary>The same file under other names, which owns this one; this one where nothing changes.</summary>
    /// <param name="rename">The new name; null leaves the tensor out.</param>
    /// <exception cref="KansformersException">Two tensors come to one name.</exception>
    internal TensorFile Renamed(Func<StoredTensor, string?> rename)
    {
        List<StoredTensor> tensors = [];
        Dictionary<string, string> originals = new(StringComparer.Ordinal);
        bool changes = false;
        foreach (StoredTensor tensor in Tensors)
        {
            string? name = rename(tensor);
            changes |= name != tensor.Name;
            if (name is null)
                continue;
            if (!originals.TryAdd(name, OriginalName(tensor.Name)))
                throw new KansformersException($"'{Path}' holds '{Readable.Text(originals[name])}' and '{Readable.Text(OriginalName(tensor.Name))}', both of which are '{Readable.Text(name)}'; leave one out");
            tensors.Add(name == tensor.Name ? tensor : tensor.WithName(name));
        }

        return changes ? With(tensors, Metadata, Notes, originals.Where(pair => pair.Key != pair.Value).ToImmutableDictionary(StringComparer.Ordinal)) : this;
    }

    /// <summary>The same file with another header, and what was noted about it.</summary>
    internal TensorFile With(ImmutableSortedDictionary<string, string> metadata, ImmutableArray<FileNote> notes) => With(Tensors, metadata, notes, OriginalNames);

    private TensorFile With(
        IEnumerable<StoredTensor> tensors, ImmutableSortedDictionary<string, string> metadata, ImmutableArray<FileNote>? notes, ImmutableDictionary<string, string> originals) =>
        new(Path, this, Format, tensors) { Metadata = metadata, FoundUnder = FoundUnder, Content = Content, Notes = notes, OriginalNames = originals };

    /// <summary>Unmaps the file; its tensors cannot be read any more.</summary>
    public void Dispose() => _owner.Dispose();
}
