namespace Kansformers.Checkpoints;

/// <summary>Reads and writes the named tensors of a model, in safetensors files and in PyTorch's own.</summary>
public static partial class StateDictionary
{
    /// <summary>
    /// Opens a checkpoint. Its kind is told by its content, not by its name: safetensors, PyTorch's zip archive, or PyTorch's format
    /// before 1.6. Pickles are read by an interpreter with a short list of allowed classes; nothing of the file is executed.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <returns>The open file, to be disposed.</returns>
    /// <exception cref="KansformersException">The file is missing, of another kind, truncated, corrupted, or asks for a class that is not allowed.</exception>
    public static TensorFile Load(string path)
    {
        MappedFile file = MappedFile.Open(path);
        try
        {
            return Read(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static TensorFile Read(MappedFile file)
    {
        ReadOnlySpan<byte> start = file.Span(0, (int)Math.Min(file.Length, 64));
        if (start.StartsWith("PK\x03\x04"u8))
            return PyTorchArchive.Read(file);
        if (PyTorchLegacy.Recognise(file))
            return PyTorchLegacy.Read(file);
        if ((start.Length > 8 && start[8] == (byte)'{') || file.Path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
            return SafetensorsReader.Read(file);
        if (start.StartsWith("version https://git-lfs"u8))
            throw file.Fault("it is a Git LFS pointer, not the file itself; fetch it with 'git lfs pull'");
        if (start.TrimStart(" \r\n\t"u8).StartsWith("<"u8))
            throw file.Fault("it is a web page, not a checkpoint; the download went wrong");
        throw file.Fault("it is neither a safetensors file nor one that torch.save wrote");
    }
}
