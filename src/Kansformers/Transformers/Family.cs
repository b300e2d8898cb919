using Kansformers.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>A kind of transformer: its options, how its models are made, and what its weight files look like.</summary>
public abstract class Family
{
    private protected Family(string name, string summary, ModelOptions defaults) => (Name, Summary, Defaults) = (name, summary, defaults);

    /// <summary>Its name on the command line, in run folders and in weight files: lower case.</summary>
    public string Name { get; }

    /// <summary>What it is, in a few words.</summary>
    public string Summary { get; }

    /// <summary>Its options, with their defaults.</summary>
    public ModelOptions Defaults { get; }

    /// <summary>Sizes by name, the smallest last, which is taken when none is named.</summary>
    public virtual IReadOnlyList<ModelPreset> Presets => [];

    /// <summary>What of its own options a text can set, on a command line say; what all families have is not among them.</summary>
    public virtual IReadOnlyList<FamilySetting> Settings => [];

    /// <summary>Whether its models predict each token from those before it, so that they can continue text.</summary>
    public abstract bool IsCausal { get; }

    /// <summary>Makes a model with random weights from torch's global generator.</summary>
    /// <param name="options">The architecture, of this family.</param>
    /// <param name="device">Where the parameters are made; null is the CPU. On torch's device <c>meta</c> they have shapes alone.</param>
    /// <exception cref="KansformersException">An option is invalid; the message names it.</exception>
    /// <exception cref="ArgumentException">The options are of another family.</exception>
    public abstract TransformerModel Create(ModelOptions options, Device? device = null);

    /// <summary>How Hugging Face's library lays its models out; null when it has no such class.</summary>
    internal virtual HuggingFaceLayout? HuggingFace => null;

    /// <summary>Whether a weight file that does not say so holds such a model, by the names of its tensors.</summary>
    /// <param name="holds">Whether the file holds a tensor of that name.</param>
    internal virtual bool Recognises(Func<string, bool> holds) => false;

    /// <summary>Looks at a file as it is opened: what it tells of its architecture in other ways than our header, and what could be taken in two ways.</summary>
    /// <param name="file">The file, by our names.</param>
    /// <param name="told">The architecture by its header; null for files that were not made here.</param>
    /// <param name="notes">Gets what is to be said.</param>
    /// <returns>The architecture that the header shall tell; null for none.</returns>
    internal virtual ModelOptions? Settle(TensorFile file, ModelOptions? told, List<FileNote> notes) => told;

    /// <summary>The architecture of a file.</summary>
    /// <param name="file">The file, by our names, as <see cref="Settle"/> left it.</param>
    /// <param name="hints">What it need not tell.</param>
    /// <exception cref="KansformersException">It does not tell it, or says otherwise than the hints.</exception>
    internal virtual ModelOptions Infer(TensorFile file, ModelHints hints)
    {
        ModelOptions told = ModelMetadata.Read(file) ?? throw new KansformersException($"'{file.Path}' does not tell the architecture of its {Name} in its header; load it from its run folder, or save it again");
        if (hints.Gelu is not null)
            throw new KansformersException($"'{file.Path}' tells its activation; leave out ModelHints.Gelu");
        return hints.Heads is null || hints.Heads == told.Heads ? told
            : throw new KansformersException($"'{file.Path}' was made with {told.Heads} heads, not {hints.Heads}; leave out ModelHints.Heads");
    }

    /// <summary>The longest sequence for which a file holds weights.</summary>
    /// <param name="file">The file, by our names.</param>
    internal virtual int BlockSizeOf(TensorFile file) => Infer(file, new ModelHints()).BlockSize;

    /// <summary>What becomes of a tensor that no model takes, such as a causal mask or a second name of another one; null for all others.</summary>
    /// <param name="file">The file, by our names.</param>
    /// <param name="options">Its architecture.</param>
    /// <param name="name">The tensor's name.</param>
    internal virtual TensorChange? LeftOut(TensorFile file, ModelOptions options, string name) => null;

    /// <summary>The content of a PyTorch file; null for the bare state dictionary.</summary>
    /// <param name="options">The architecture.</param>
    /// <param name="tensors">The model's tensors; what programs that read such files need beside them is added.</param>
    /// <param name="changes">What became of each; is kept in step.</param>
    internal virtual PickleDictionary? PyTorchContent(ModelOptions options, List<StoredTensor> tensors, List<TensorChange> changes) =>
        ModelMetadata.PyTorch(options, tensors);
}

/// <summary>A family by the types of its options and models.</summary>
/// <param name="name">Its name: lower case.</param>
/// <param name="summary">What it is, in a few words.</param>
/// <param name="make">Makes a model.</param>
internal class Family<TOptions, TModel>(string name, string summary, Func<TOptions, Device?, TModel> make) : Family(name, summary, new TOptions())
    where TOptions : ModelOptions, new()
    where TModel : TransformerModel
{
    public sealed override bool IsCausal => typeof(TModel).IsAssignableTo(typeof(CausalModel));

    public sealed override TransformerModel Create(ModelOptions options, Device? device = null) => options is TOptions own ? make(own, device)
        : throw new ArgumentException($"options of {options?.GetType().Name} are not those of the family {Name}", nameof(options));
}

/// <summary>Sizes of a family by name.</summary>
/// <param name="Name">The name on the command line.</param>
/// <param name="Layers">Transformer blocks.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="Width">The size of the hidden state.</param>
public sealed record ModelPreset(string Name, int Layers, int Heads, int Width)
{
    /// <summary>The sizes laid over options.</summary>
    /// <param name="options">Options of the preset's family.</param>
    public T Apply<T>(T options)
        where T : ModelOptions => (T)((ModelOptions)options with { Layers = Layers, Heads = Heads, Width = Width });
}

/// <summary>One of a family's own options, as a text can set it.</summary>
/// <param name="Name">Its name: lower case, words joined by hyphens.</param>
/// <param name="Description">What it is, and its default.</param>
/// <param name="With">The options, which are of the family, with the value that a text says; it throws <see cref="KansformersException"/> where that is none.</param>
public sealed record FamilySetting(string Name, string Description, Func<ModelOptions, string, ModelOptions> With);
