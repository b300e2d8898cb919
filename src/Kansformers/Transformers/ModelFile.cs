using Kansformers.Checkpoints;
using Kansformers.Hub;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// An open weight file, or folder in Hugging Face's layout, with a model of any family in it: those of this library, which tell their architecture, and those
/// that tell it by names and shapes alone (the original Kansformers, minGPT, nanoGPT). Training checkpoints are read as well.
/// </summary>
public sealed class ModelFile : IDisposable
{
    /// <summary>How the names of the weights begin in a training checkpoint, beside the optimizer's moments.</summary>
    internal const string CheckpointPrefix = "model.";

    // What a run folder's weights are called, the best ones first.
    private static readonly string[] RunFiles = ["model.safetensors", "checkpoint.safetensors"];

    private ModelFile(TensorFile tensors, IReadOnlyList<TensorChange>? renames) => (Tensors, Renames) = (tensors, renames);

    /// <summary>The tensors, under the names that our models have.</summary>
    public TensorFile Tensors { get; }

    /// <summary>The file, or the folder of a model in several files.</summary>
    public string Path => Tensors.Path;

    /// <summary>The family of the model.</summary>
    /// <exception cref="KansformersException">It is none that is known.</exception>
    public Family Family => FamilyOf(Tensors);

    // What became of names in Hugging Face's layout.
    private IReadOnlyList<TensorChange>? Renames { get; }

    /// <summary>Opens a weight file (safetensors or PyTorch, told by its content) or a folder in Hugging Face's layout.</summary>
    /// <param name="path">The file or folder.</param>
    /// <returns>The file, to be disposed.</returns>
    /// <exception cref="KansformersException">It cannot be read, or the folder holds a model of another kind.</exception>
    public static ModelFile Open(string path)
    {
        if (Directory.Exists(path))
        {
            (TensorFile weights, IReadOnlyList<TensorChange> renames) = HuggingFaceModel.Open(path);
            return new ModelFile(weights, renames);
        }

        TensorFile file = StateDictionary.Load(path);
        try
        {
            return new ModelFile(ByOurNames(file), null);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether a path is a weight file with a model of a listed family: one that tells its architecture, or is recognised by its names.</summary>
    /// <param name="path">The file; false where it is missing or cannot be read.</param>
    public static bool IsOne(string path)
    {
        if (!File.Exists(path))
            return false;
        try
        {
            using ModelFile file = Open(path);
            return ModelMetadata.Read(file.Tensors) is not null || Recognised(Holds(file.Tensors)) is not null;
        }
        catch (KansformersException)
        {
            return false; // whoever reads it says why
        }
    }

    /// <summary>The architecture.</summary>
    /// <param name="hints">What the file need not tell; null for nothing.</param>
    /// <exception cref="KansformersException">The file does not tell it, or says otherwise than the hints.</exception>
    public ModelOptions Options(ModelHints? hints = null) => Infer(Tensors, hints);

    /// <summary>What the file leaves open or says twice, and how that is taken: a line each.</summary>
    /// <param name="hints">What the file need not tell; null for nothing.</param>
    public IReadOnlyList<string> Notes(ModelHints? hints = null) =>
        [.. (Tensors.Notes ?? []).Where(note => !(note.IsAboutGelu && hints?.Gelu is not null)).Select(note => note.Text)];

    /// <summary>Makes the model and gives it the weights.</summary>
    /// <param name="hints">What the file need not tell; null for nothing.</param>
    /// <param name="device">Where the model is wanted; null is the CPU.</param>
    /// <exception cref="KansformersException">As for <see cref="Options"/>, or a tensor does not fit.</exception>
    public TransformerModel Load(ModelHints? hints = null, Device? device = null)
    {
        ModelOptions options = Options(hints);
        TransformerModel model = options.Family.Create(options, device);
        try
        {
            LoadInto(model);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Copies the weights into a model.</summary>
    /// <param name="model">The model; unchanged when something does not fit.</param>
    /// <exception cref="KansformersException">A tensor is missing, unexpected or of another shape; the message names it.</exception>
    public void LoadInto(TransformerModel model) => LoadInto(model, Tensors);

    /// <summary>Copies weights into a model to train further, which may have positions for fewer tokens: the first ones are then taken.</summary>
    /// <param name="model">The model; unchanged when something does not fit.</param>
    /// <param name="path">A weight file, or a folder in Hugging Face's layout.</param>
    /// <exception cref="KansformersException">The file cannot be read, or is of another architecture.</exception>
    public static void LoadInto(TransformerModel model, string path)
    {
        ArgumentNullException.ThrowIfNull(model);
        using ModelFile file = Open(path);
        int held = file.Family.BlockSizeOf(file.Tensors), wanted = model.Options.BlockSize;
        if (held <= wanted)
        {
            file.LoadInto(model);
            return;
        }

        using var scope = NewDisposeScope();
        using TransformerModel whole = model.Options.Family.Create(model.Options with { BlockSize = held }, model.Device);
        file.LoadInto(whole);
        using var guard = no_grad();
        Dictionary<string, Tensor> from = whole.state_dict();
        foreach ((string name, Tensor tensor) in model.state_dict())
        {
            Tensor part = from[name];
            for (int axis = 0; axis < part.dim(); axis++)
                part = part.narrow(axis, 0, tensor.shape[axis]); // positions alone differ
            tensor.copy_(part);
        }
    }

    /// <summary>Refuses tensors that are not exactly those of a model.</summary>
    /// <param name="options">The model.</param>
    /// <exception cref="KansformersException">One is missing, unexpected, of another shape, or of integers; the message names it.</exception>
    public void RequireFit(ModelOptions options)
    {
        Dictionary<string, TensorDescription> missing = ModelDescription.Of(options).Tensors.ToDictionary(tensor => tensor.Name);
        foreach (StoredTensor tensor in Taken(options))
        {
            if (!missing.Remove(tensor.Name, out TensorDescription? place))
                throw new KansformersException($"'{Path}' holds '{Readable.Text(tensor.Name)}', for which the model has no place");
            if (!place.Shape.SequenceEqual(tensor.Shape))
                throw new KansformersException($"'{Path}': '{tensor.Name}' has the shape {StoredTensor.ShapeText(tensor.Shape.AsSpan())}; the model has {StoredTensor.ShapeText(place.Shape.AsSpan())}");
            if (tensor.Type is not (StoredType.F16 or StoredType.BF16 or StoredType.F32 or StoredType.F64))
                throw new KansformersException($"'{Path}': '{tensor.Name}' is of type {tensor.Type}, which weights are not; quantized models cannot be read");
        }

        if (missing.Count > 0)
            throw new KansformersException($"'{Path}' lacks '{missing.Keys.First()}'{(missing.Count > 1 ? $" and {missing.Count - 1} more" : "")}, which the model needs");
    }

    /// <summary>The tensors that a model of the file takes: without causal masks and second names.</summary>
    /// <param name="options">The architecture.</param>
    public IReadOnlyList<StoredTensor> Taken(ModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return [.. Tensors.Tensors.Where(tensor => options.Family.LeftOut(Tensors, options, tensor.Name) is null)];
    }

    /// <summary>What opening did with each tensor.</summary>
    /// <param name="options">The architecture.</param>
    public IReadOnlyList<TensorChange> Changes(ModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Renames ?? [.. Tensors.Tensors.Select(tensor =>
        {
            string original = Tensors.OriginalName(tensor.Name);
            return options.Family.LeftOut(Tensors, options, tensor.Name) is TensorChange change ? change with { From = original }
                : new TensorChange(original, tensor.Name, tensor.Name == original ? TensorFate.Kept : TensorFate.Renamed);
        })];
    }

    /// <inheritdoc/>
    public void Dispose() => Tensors.Dispose();

    /// <summary>Opens what <see cref="TransformerModel.FromPretrained"/> takes.</summary>
    internal static ModelFile Find(string source)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        if (source.StartsWith(HubRepository.Scheme, StringComparison.Ordinal))
            source = HubModel.Download(HubRepository.Parse(source), check: HuggingFaceModel.RequireKnown);
        if (!Directory.Exists(source) || HuggingFaceFolder.IsOne(source))
            return Open(source);
        string[] found = [.. RunFiles.Select(name => System.IO.Path.Combine(source, name)).Where(File.Exists)];
        return found.Length > 0 ? Open(found[0])
            : throw new KansformersException($"'{source}' is neither a run with weights nor a model in Hugging Face's layout: it has no config.json that can be read and names a model_type");
    }

    /// <summary>As <see cref="LoadInto(TransformerModel)"/>, from a file that may go by other names.</summary>
    internal static void LoadInto(TransformerModel model, TensorFile tensors)
    {
        ArgumentNullException.ThrowIfNull(model);
        TensorFile file = ByOurNames(tensors);
        StateDictionary.LoadInto(model, file.Path, file.Tensors, new LoadOptions { AllowUnexpected = name => model.Options.Family.LeftOut(file, model.Options, name) is not null });
    }

    /// <summary>As <see cref="Options"/>, of a file that may go by other names.</summary>
    internal static ModelOptions Infer(TensorFile file, ModelHints? hints = null)
    {
        file = ByOurNames(file);
        return FamilyOf(file).Infer(file, hints ?? new ModelHints());
    }

    /// <summary>
    /// The file as our models name its tensors: without the parts that wrappers and training put before names, and with the architecture in its header
    /// where the file tells it in another way. Itself when it is so already; else it owns the one given.
    /// </summary>
    /// <exception cref="KansformersException">What it says of its architecture cannot be, or does not fit its tensors.</exception>
    internal static TensorFile ByOurNames(TensorFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (file.Notes is not null)
            return file;
        TensorFile ours = WithoutPrefix(WrappedNames.Strip(file));
        ModelOptions? inHeader = ModelMetadata.Read(ours), told = inHeader ?? ModelMetadata.InContent(ours);
        if ((told?.Family ?? Recognised(Holds(ours))) is not Family family)
            return ours.With(ours.Metadata, []);
        List<FileNote> notes = [];
        ModelOptions? settled = family.Settle(ours, told, notes);
        return ours.With(settled is null || settled == inHeader ? ours.Metadata : ModelMetadata.Set(ours.Metadata, settled), [.. notes]);
    }

    private static Family FamilyOf(TensorFile file) => ModelMetadata.Read(file)?.Family ?? Recognised(Holds(file)) ?? Families.All[0]; // which says what is missing

    private static Family? Recognised(Func<string, bool> holds) => Families.All.FirstOrDefault(family => family.Recognises(holds));

    private static Func<string, bool> Holds(TensorFile file) => name => file.TryGet(name, out _);

    // A training checkpoint of ours holds moments of the optimizer beside the model; elsewhere what lies beside it is a mistake that loading tells.
    private static TensorFile WithoutPrefix(TensorFile file)
    {
        Func<string, bool> holds = Holds(file);
        bool isOurs = file.Metadata.ContainsKey("progress");
        if (!isOurs && (Recognised(holds) is not null || Recognised(name => holds(CheckpointPrefix + name)) is null))
            return file;
        return file.Renamed(tensor => tensor.Name.StartsWith(CheckpointPrefix, StringComparison.Ordinal) ? tensor.Name[CheckpointPrefix.Length..] : isOurs ? null : tensor.Name);
    }
}
