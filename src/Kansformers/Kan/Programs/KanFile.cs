using System.Collections.Immutable;
using Kansformers.Checkpoints;

namespace Kansformers.Kan;

/// <summary>
/// KAN layers in a file of the program that their kind comes from: efficient-kan, fast-kan, faster-kan, ChebyKAN, FourierKAN, and KAT's rational functions with the
/// linear layers behind them; a layer alone or several under any names (<c>layers.0</c>, <c>layers.1</c>, ...). Names and shapes tell the kind and its size. What
/// they do not tell is the program's default, or given.
/// </summary>
public sealed class KanFile : IDisposable
{
    private const string MetadataKey = "kansformers_kan";
    private readonly TensorFile _file;
    private readonly IReadOnlyList<ProgramLayer> _described;
    private readonly string? _told;
    private readonly List<KanLinear> _layers = [];

    private KanFile(TensorFile file, IReadOnlyList<ProgramLayer> described, string? told) => (_file, _described, _told) = (file, described, told);

    /// <summary>Opens a file and loads its layers.</summary>
    /// <param name="path">A PyTorch or safetensors file.</param>
    /// <param name="options">What names and shapes do not tell, as <see cref="KanSettings.Parse"/> reads it: <c>rbf:denominator=0.3</c>; null for nothing.</param>
    /// <exception cref="KansformersException">The file cannot be read, holds something else, or the options do not fit it; the message says what.</exception>
    public static KanFile Open(string path, string? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        TensorFile file = StateDictionary.Load(path);
        KanFile? opened = null;
        try
        {
            string? told = options ?? file.Metadata.GetValueOrDefault(MetadataKey);
            opened = new KanFile(file, [.. ProgramNames.Find(file).Select(layer => Told(file, layer, told))], told);
            foreach (StoredTensor tensor in file.Tensors)
                tensor.Verify();
            foreach (ProgramLayer layer in opened._described)
                opened._layers.Add(layer.Load());
            return opened;
        }
        catch
        {
            opened?.Dispose();
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether a file holds KAN layers: bare ones, or those of a model of which they are part.</summary>
    /// <param name="path">Any path.</param>
    public static bool IsOne(string path)
    {
        if (!File.Exists(path))
            return false;
        try
        {
            using TensorFile file = StateDictionary.Load(path);
            return file.Tensors.Any(tensor => ProgramNames.IsSign(tensor.Name));
        }
        catch (KansformersException)
        {
            return false; // whoever reads it says why
        }
    }

    /// <summary>The layers in the order of the file; they belong to this object.</summary>
    public IReadOnlyList<KanLinear> Layers => _layers;

    /// <summary>Where each layer is: what the names of its tensors begin with, without the last dot; empty for a layer alone.</summary>
    public IReadOnlyList<string> LayerNames => [.. _described.Select(layer => layer.Name)];

    /// <summary>The names of all tensors, in the order of the file.</summary>
    public IReadOnlyList<string> TensorNames => [.. _file.Tensors.Select(tensor => tensor.Name)];

    /// <summary>The layers as a stack, each feeding the next, with copies of their numbers.</summary>
    /// <exception cref="KansformersException">They do not follow one another: the message names two whose sizes differ.</exception>
    public KanStack ToStack()
    {
        for (int at = 1; at < _described.Count; at++)
        {
            if (_described[at].InFeatures != _described[at - 1].OutFeatures)
            {
                throw new KansformersException($"'{_file.Path}': layer '{Readable.Text(_described[at].Name)}' takes {_described[at].InFeatures} inputs, "
                    + $"but '{Readable.Text(_described[at - 1].Name)}' has {_described[at - 1].OutFeatures} outputs; take them one by one");
            }
        }

        return new KanStack([.. _described.Select(layer => layer.Load())]);
    }

    /// <summary>Writes the layers, as they are now (float32), under the program's names: a PyTorch file where the name ends in .pt, .pth or .bin, else safetensors.</summary>
    /// <param name="path">The file to create or replace; its folder is made when missing.</param>
    /// <exception cref="KansformersException">The file cannot be written; the old one is kept.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var scope = TorchSharp.torch.NewDisposeScope();
        Dictionary<string, StoredTensor> now = _described.Zip(_layers).SelectMany(pair => pair.First.Store(pair.Second)).ToDictionary(tensor => tensor.Name);
        Write(path, IsPyTorch(path), [.. _file.Tensors.Select(tensor => now[tensor.Name])]);
    }

    /// <summary>Writes the file's own tensors, elements and types as they are, in another format.</summary>
    /// <param name="path">The file to create or replace; its folder is made when missing.</param>
    /// <param name="pyTorch">A PyTorch file rather than safetensors, whatever the name ends in.</param>
    /// <exception cref="KansformersException">The file cannot be written; the old one is kept.</exception>
    public void Convert(string path, bool pyTorch) => Write(path, pyTorch, _file.Tensors);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (KanLinear layer in _layers)
            layer.Dispose();
        _file.Dispose();
    }

    private static bool IsPyTorch(string path) => Path.GetExtension(path).ToLowerInvariant() is ".pt" or ".pth" or ".bin";

    private void Write(string path, bool pyTorch, IReadOnlyList<StoredTensor> tensors)
    {
        if (pyTorch)
        {
            StateDictionary.SavePyTorch(path, tensors);
            return;
        }

        ImmutableSortedDictionary<string, string> metadata = _file.Metadata.SetItem("format", "pt");
        StateDictionary.Save(path, tensors, _told is null ? metadata : metadata.SetItem(MetadataKey, _told));
    }

    // The layer with what was told of it.
    private static ProgramLayer Told(TensorFile file, ProgramLayer layer, string? told)
    {
        string where = layer.Name.Length == 0 ? $"'{file.Path}'" : $"'{file.Path}': layer '{Readable.Text(layer.Name)}'";
        if (layer.Misfit() is string odd)
            throw new KansformersException($"{where} is no layer of the kind {layer.Options.Kind} that can be: {odd}");
        if (told is null)
            return layer;
        ProgramLayer changed = layer with { Options = KanSettings.Apply(layer.Options, told) };
        return changed.Misfit() is string misfit ? throw new KansformersException($"{where} does not fit '{told}': {misfit}") : changed;
    }
}
