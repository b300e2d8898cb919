using System.Collections.Immutable;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Checkpoints;

/// <summary>Into the parameters and buffers of a module.</summary>
public static partial class StateDictionary
{
    /// <summary>
    /// Copies the tensors of a file into the parameters and buffers of the same names, converting element types. Names, shapes and
    /// checksums are all checked first: when this throws, the module is as it was.
    /// </summary>
    /// <param name="module">The model, or any module.</param>
    /// <param name="file">An open file.</param>
    /// <param name="options">What may be missing or left over; nothing when null.</param>
    /// <returns>What was loaded, and what was left aside as allowed.</returns>
    /// <exception cref="KansformersException">Tensors are missing, unexpected or of another shape, all told in one message; or the file is corrupted.</exception>
    public static LoadReport LoadInto(nn.Module module, TensorFile file, LoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        return LoadInto(module, file.Path, file.Tensors, options);
    }

    /// <summary>As above, for tensors that come from several files or under other names.</summary>
    internal static LoadReport LoadInto(nn.Module module, string source, IReadOnlyCollection<StoredTensor> tensors, LoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(module);
        options ??= new LoadOptions();
        Dictionary<string, Tensor> targets = module.state_dict();
        Dictionary<string, StoredTensor> stored = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        ImmutableArray<string> missing = [.. targets.Keys.Where(name => !stored.ContainsKey(name))];
        ImmutableArray<string> unexpected = [.. stored.Keys.Where(name => !targets.ContainsKey(name))];
        StoredTensor[] used = [.. tensors.Where(tensor => targets.ContainsKey(tensor.Name))];
        CheckFit(source, targets, used, [.. missing.Where(name => !options.AllowMissing(name))], [.. unexpected.Where(name => !options.AllowUnexpected(name))]);
        foreach (StoredTensor tensor in used)
            tensor.Verify();

        using (no_grad())
        {
            foreach (StoredTensor tensor in used)
                Copy(tensor, targets[tensor.Name]);
        }

        return new LoadReport
        {
            Loaded = used.Length,
            Converted = used.Count(tensor => tensor.Type.ToTorch() != targets[tensor.Name].dtype),
            Missing = missing,
            Unexpected = unexpected,
        };
    }

    private static void CheckFit(string source, Dictionary<string, Tensor> targets, StoredTensor[] used, List<string> missing, List<string> unexpected)
    {
        const int show = 8;
        List<string> problems = [];
        StoredTensor[] wrong = [.. used.Where(tensor => !tensor.Shape.AsSpan().SequenceEqual(targets[tensor.Name].shape))];
        problems.AddRange(wrong.Take(show).Select(tensor =>
            $"tensor '{Readable.Text(tensor.Name)}' has shape {StoredTensor.ShapeText(tensor.Shape.AsSpan())} in the file, the model needs {StoredTensor.ShapeText(targets[tensor.Name].shape)}"));
        if (wrong.Length > show)
            problems.Add($"{wrong.Length - show} more have the wrong shape");
        if (missing.Count > 0)
            problems.Add($"the file lacks {Counted(missing.Count)} of the model: {Readable.Names(missing, show)}");
        if (unexpected.Count > 0)
            problems.Add($"the model does not know {Counted(unexpected.Count)} of the file: {Readable.Names(unexpected, show)}");
        if (problems.Count > 0)
            throw new KansformersException($"'{source}' does not fit the model: {string.Join("; ", problems)}");
    }

    private static string Counted(int count) => count == 1 ? "1 tensor" : $"{count} tensors";

    private static void Copy(StoredTensor source, Tensor target)
    {
        if (target.device_type == DeviceType.CPU && target.dtype == source.Type.ToTorch() && target.is_contiguous())
        {
            TorchBytes.Fill(target, source);
            return;
        }

        using Tensor read = ToTensor(source);
        target.copy_(read);
    }
}
