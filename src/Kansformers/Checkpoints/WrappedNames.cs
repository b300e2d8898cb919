using System.Collections.Immutable;

namespace Kansformers.Checkpoints;

/// <summary>
/// Names as a model's own modules give them: PyTorch's wrappers (<c>torch.compile</c>, data parallelism, checkpointed activations) put a part of theirs
/// in front of what they wrap, be it the whole model or a block, one within another.
/// </summary>
internal static class WrappedNames
{
    private static readonly string[] Wrappers = ["_orig_mod", "module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"];

    /// <summary>A name without the parts of wrappers, wherever they stand.</summary>
    public static string Strip(string name) =>
        Wrappers.Any(wrapper => name.Contains(wrapper, StringComparison.Ordinal)) ? string.Join('.', name.Split('.').Where(part => !Wrappers.Contains(part))) : name;

    /// <summary>The file under names without wrappers; the file itself where there are none.</summary>
    /// <exception cref="KansformersException">Two tensors are told apart by a wrapper's part alone.</exception>
    public static TensorFile Strip(TensorFile file) => file.Renamed(tensor => Strip(tensor.Name));
}

/// <summary>Something that a file leaves open or says twice, and how it was taken.</summary>
/// <param name="Text">A line for people.</param>
/// <param name="IsAboutGelu">Whether it is settled once the form of the GELU is given.</param>
internal sealed record FileNote(string Text, bool IsAboutGelu = false);
