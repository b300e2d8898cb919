using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Checkpoints;

/// <summary>Between files and torch tensors.</summary>
public static partial class StateDictionary
{
    /// <summary>Reads a tensor of a file into torch.</summary>
    /// <param name="tensor">A tensor of an open file.</param>
    /// <param name="device">Where it shall live; the CPU when null.</param>
    /// <param name="type">Its element type; that of the file when null.</param>
    /// <returns>A new tensor of the same shape, without gradient. Its memory is its own: the file may be closed.</returns>
    /// <exception cref="KansformersException">The file does not match its checksum.</exception>
    public static Tensor ToTensor(StoredTensor tensor, Device? device = null, ScalarType? type = null)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ScalarType stored = tensor.Type.ToTorch();
        Tensor read = empty([.. tensor.Shape], dtype: stored);
        TorchBytes.Fill(read, tensor);
        ScalarType wanted = type ?? stored;
        if (wanted == stored && (device is null || device.type == DeviceType.CPU))
            return read;
        using (read)
            return read.to(wanted, device ?? CPU);
    }

    /// <summary>
    /// Writes tensors to a safetensors file, atomically: a reader sees the old file or the new one. They may live on any device and
    /// in any layout. The same tensors give the same bytes, in whatever order they come.
    /// </summary>
    /// <param name="path">The file to create or replace; its folder is made when missing.</param>
    /// <param name="tensors">Names and tensors, as <c>module.state_dict()</c> gives them.</param>
    /// <param name="metadata">Texts for the header, such as <c>format</c>: <c>pt</c>.</param>
    /// <exception cref="KansformersException">The file cannot be written (the old one is kept), or a tensor has a type that it cannot hold.</exception>
    /// <exception cref="ArgumentException">Two tensors have the same name.</exception>
    public static void Save(string path, IEnumerable<(string Name, Tensor Tensor)> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tensors);
        SafetensorsWriter.Write(path, tensors.Select(pair => ToStored(pair.Name, pair.Tensor)), metadata);
    }

    /// <summary>
    /// Writes tensors to a file that PyTorch's <c>torch.load</c> reads as an ordered dictionary, atomically. Tensors that share their memory share it in
    /// the file.
    /// </summary>
    /// <param name="path">The file to create or replace; its folder is made when missing.</param>
    /// <param name="tensors">Names and tensors, as <c>module.state_dict()</c> gives them.</param>
    /// <exception cref="KansformersException">The file cannot be written (the old one is kept), or a tensor has a type that it cannot hold.</exception>
    /// <exception cref="ArgumentException">Two tensors have the same name.</exception>
    public static void SavePyTorch(string path, IEnumerable<(string Name, Tensor Tensor)> tensors)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tensors);
        SavePyTorch(path, tensors.Select(pair => ToStored(pair.Name, pair.Tensor)));
    }

    /// <summary>Writes tensors of an open file, or of memory, to a file that PyTorch's <c>torch.load</c> reads as an ordered dictionary, atomically.</summary>
    /// <param name="path">The file to create or replace; its folder is made when missing.</param>
    /// <param name="tensors">The tensors, in the order in which the file shall hold them.</param>
    /// <exception cref="KansformersException">The file cannot be written; the old one is kept.</exception>
    /// <exception cref="ArgumentException">Two tensors have the same name.</exception>
    public static void SavePyTorch(string path, IEnumerable<StoredTensor> tensors)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tensors);
        PickleDictionary content = new();
        foreach (StoredTensor tensor in tensors)
        {
            if (content.TryGet(tensor.Name, out _))
                throw new ArgumentException($"two tensors are named '{tensor.Name}'", nameof(tensors));
            content.Set(tensor.Name, tensor);
        }

        PyTorchWriter.Write(path, content);
    }

    /// <summary>Writes everything that a PyTorch file held, nested dictionaries and all, as <c>torch.save</c> would, atomically.</summary>
    /// <param name="path">The file to create or replace; its folder is made when missing.</param>
    /// <param name="content">The outer dictionary: <see cref="TensorFile.Content"/>.</param>
    /// <exception cref="KansformersException">The file cannot be written; the old one is kept.</exception>
    internal static void SavePyTorch(string path, PickleDictionary content)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(content);
        PyTorchWriter.Write(path, content);
    }

    /// <summary>Writes tensors of an open file, or of memory, to a safetensors file, atomically.</summary>
    /// <param name="path">The file to create or replace; its folder is made when missing.</param>
    /// <param name="tensors">The tensors, in any order.</param>
    /// <param name="metadata">Texts for the header, such as <c>format</c>: <c>pt</c>.</param>
    /// <exception cref="KansformersException">The file cannot be written; the old one is kept.</exception>
    /// <exception cref="ArgumentException">Two tensors have the same name.</exception>
    public static void Save(string path, IEnumerable<StoredTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tensors);
        SafetensorsWriter.Write(path, tensors, metadata);
    }

    internal static StoredTensor ToStored(string name, Tensor tensor) =>
        new(name, TorchTypes.ToStored(name, tensor.dtype), [.. tensor.shape], new TorchBytes(tensor));
}
