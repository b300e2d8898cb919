using Kansformers.Checkpoints;
using Kansformers.Kan;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// GPTs from weight files: those of this library, which tell their architecture, and those that say nothing about it but what names and shapes tell.
/// Training checkpoints of this library (<c>checkpoint.safetensors</c>), whose weights are named <c>model.*</c>, are read as well.
/// </summary>
public static class GptCheckpoint
{
    /// <summary>How the names of the weights begin in a training checkpoint, beside the optimizer's moments.</summary>
    internal const string CheckpointPrefix = "model.";

    internal const string TokenEmbedding = "transformer.wte.weight", Positions = "transformer.wpe.weight", Head = "lm_head.weight";

    // One layer of each place, by its name as a KAN.
    private static readonly string[] KanLayers = ["transformer.h.0.attn.c_attn.layers.0", "transformer.h.0.mlp.kan.layers.0", "lm_head.layers.0"];

    /// <summary>Loads the weights of this library, the original Kansformers, minGPT or nanoGPT.</summary>
    /// <param name="path">A safetensors or PyTorch file (<c>.pt</c>), or a folder in Hugging Face's layout.</param>
    /// <param name="heads">The number of attention heads, which no shape tells; null takes what the file says, else those of the preset with these sizes.</param>
    /// <param name="device">Where the model is wanted; null is the CPU.</param>
    /// <param name="gelu">The form of the GELU; null takes what the file tells, see <see cref="Infer"/>.</param>
    /// <exception cref="KansformersException">The file cannot be read, is not such a checkpoint, or the heads are unknown.</exception>
    public static Gpt Load(string path, int? heads = null, Device? device = null, GeluForm? gelu = null)
    {
        using TensorFile file = Open(path);
        return Load(file, Infer(file, heads, gelu), device);
    }

    /// <summary>As above, from an open file.</summary>
    internal static Gpt Load(TensorFile file, GptOptions options, Device? device)
    {
        Gpt model = new(options, device);
        try
        {
            LoadInto(model, file);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Opens a weight file, or a folder in Hugging Face's layout, under the names that our models have.</summary>
    /// <param name="path">The file or folder.</param>
    /// <returns>The tensors, to be disposed.</returns>
    /// <exception cref="KansformersException">It cannot be read, or the folder holds a model of another kind.</exception>
    public static TensorFile Open(string path) => Directory.Exists(path) ? HuggingFaceGpt.Open(path).Weights : OpenFile(path);

    /// <summary>What a file or folder that was opened here leaves open or says twice, and how that is taken: a line each.</summary>
    /// <param name="file">The checkpoint.</param>
    /// <param name="gelu">The form of the GELU where it is given, so that the file need not tell.</param>
    /// <exception cref="KansformersException">What it says of its architecture cannot be.</exception>
    public static IReadOnlyList<string> Notes(TensorFile file, GeluForm? gelu = null) =>
        [.. GptFile.Of(file).Notes!.Value.Where(note => !(note.IsAboutGelu && gelu is not null)).Select(note => note.Text)];

    /// <summary>Copies a checkpoint's weights into a model.</summary>
    /// <param name="model">The model; unchanged when something does not fit.</param>
    /// <param name="file">The checkpoint.</param>
    /// <exception cref="KansformersException">A tensor is missing, unexpected or of another shape; the message names it.</exception>
    public static void LoadInto(Gpt model, TensorFile file)
    {
        ArgumentNullException.ThrowIfNull(model);
        file = GptFile.Of(file);
        StateDictionary.LoadInto(model, file.Path, file.Tensors, new LoadOptions { AllowUnexpected = name => IsCausalMask(name) || (name == Head && model.Options.TiedHead && IsCopy(file)) });
    }

    /// <summary>Copies weights into a model to train further, which may have positions for fewer tokens: the first ones are then taken.</summary>
    /// <param name="model">The model; unchanged when something does not fit.</param>
    /// <param name="path">A weight file, or a folder in Hugging Face's layout.</param>
    /// <exception cref="KansformersException">The file cannot be read, or is of another architecture.</exception>
    public static void LoadInto(Gpt model, string path)
    {
        ArgumentNullException.ThrowIfNull(model);
        using TensorFile file = Open(path);
        long held = Shape(file, Positions, 2)[0];
        int wanted = model.Options.BlockSize;
        if (held <= wanted)
        {
            LoadInto(model, file);
            return;
        }

        using var scope = NewDisposeScope();
        using Gpt whole = new(model.Options with { BlockSize = checked((int)held) }, model.Device);
        LoadInto(whole, file);
        using (no_grad())
        {
            Dictionary<string, Tensor> from = whole.state_dict();
            foreach ((string name, Tensor tensor) in model.state_dict())
                tensor.copy_(name == Positions ? from[name].narrow(0, 0, wanted) : from[name]);
        }
    }

    /// <summary>
    /// The architecture that a checkpoint's names and shapes tell, and what else it says: its header where this library made it, <c>model_args</c> where
    /// nanoGPT did. Else dropout is that of the defaults, the activation SiLU, and the GELU minGPT's, or exact where there are no biases.
    /// </summary>
    /// <param name="file">The checkpoint.</param>
    /// <param name="heads">The number of attention heads; null takes what the file says, else those of the preset with these sizes.</param>
    /// <param name="gelu">The form of the GELU; null takes the above.</param>
    /// <exception cref="KansformersException">The file is not a GPT of this kind, the heads are unknown, or the file says otherwise.</exception>
    public static GptOptions Infer(TensorFile file, int? heads = null, GeluForm? gelu = null)
    {
        file = GptFile.Of(file);
        GptOptions sizes = Sizes(file);
        string[] kans = [.. KanLayers.Where(name => file.Tensors.Any(tensor => tensor.Name.StartsWith($"{name}.", StringComparison.Ordinal)))];
        GptOptions? told = GptMetadata.Read(file);
        if (told is not null && heads is int given && given != told.Heads)
            throw new KansformersException($"'{file.Path}' was made with {told.Heads} heads, not {given}; leave out --heads");
        bool hasBiases = GptFile.HasBiases(file);
        GptOptions options = (told ?? new GptOptions()) with
        {
            Layers = sizes.Layers,
            Width = sizes.Width,
            Heads = heads ?? told?.Heads ?? GptPresets.Of(sizes.Layers, sizes.Width)?.Heads ?? HeadsByName(file.Path)
                ?? throw new KansformersException($"'{file.Path}' does not tell the number of attention heads; give --heads (it divides the width, {sizes.Width})"),
            BlockSize = sizes.BlockSize,
            VocabularySize = sizes.VocabularySize,
            TiedHead = told?.TiedHead ?? (!kans.Contains(KanLayers[^1]) && IsTied(file)),
            Biases = hasBiases,
            Gelu = gelu ?? told?.Gelu ?? (hasBiases ? GeluForm.Tanh : GeluForm.Exact),
            Placement = kans.Aggregate(KanPlacement.None, (placement, name) => placement | Place(name)),
            Kan = kans.Length > 0 ? InferKan(file, kans[0], told?.Kan ?? new BSplineOptions()) : told?.Kan ?? new BSplineOptions(),
        };
        if (gelu is not null && options.Placement.HasFlag(KanPlacement.Mlp))
            throw new KansformersException($"'{file.Path}' has no GELU, for its feed-forward layers are KANs; leave out --gelu");
        options.Validate();
        return options;
    }

    /// <summary>The sizes that the shapes of a file under our names tell, the rest as it is by default.</summary>
    /// <exception cref="KansformersException">The file is not a GPT of this kind.</exception>
    internal static GptOptions Sizes(TensorFile file)
    {
        long[] embedding = Shape(file, TokenEmbedding, 2), positions = Shape(file, Positions, 2);
        int layers = 0;
        while (file.TryGet($"transformer.h.{layers}.ln_1.weight", out _))
            layers++;
        return layers == 0 ? throw NotGpt(file, "transformer.h.0.ln_1.weight")
            : new GptOptions { Layers = layers, Width = checked((int)embedding[1]), BlockSize = checked((int)positions[0]), VocabularySize = checked((int)embedding[0]) };
    }

    /// <summary>Whether the head is not in the file, or is the embedding under a second name.</summary>
    internal static bool IsTied(TensorFile file) => !file.TryGet(Head, out StoredTensor? head) || head.Identity.Equals(file[TokenEmbedding].Identity);

    /// <summary>The causal masks that PyTorch's versions keep as buffers (<c>attn.bias</c>); they hold no information.</summary>
    internal static bool IsCausalMask(string name) =>
        name.EndsWith(".attn.bias", StringComparison.Ordinal) || name.EndsWith(".attn.masked_bias", StringComparison.Ordinal);

    // The original published three checkpoints; two are presets, this one has sizes of its own.
    private static int? HeadsByName(string path) => Path.GetFileName(path) == "model-5-5-2024.pt" ? 2 : null;

    private static bool IsCopy(TensorFile file) => file.TryGet(TokenEmbedding, out StoredTensor? embedding) && file[Head].Same(embedding);

    private static TensorFile OpenFile(string path)
    {
        TensorFile file = StateDictionary.Load(path);
        try
        {
            return GptFile.Of(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static KanPlacement Place(string name) =>
        name.Contains(".attn.", StringComparison.Ordinal) ? KanPlacement.Attention : name.Contains(".mlp.", StringComparison.Ordinal) ? KanPlacement.Mlp : KanPlacement.Head;

    private static KanOptions InferKan(TensorFile file, string layer, KanOptions told)
    {
        if (told is not BSplineOptions splines || !splines.Sharing.IsEdge)
            return told;

        // coefficients = size + order, knots = size + 2 order + 1
        long coefficients = Shape(file, $"{layer}.spline_weight", 3)[2], knots = Shape(file, $"{layer}.grid", 2)[1];
        int order = checked((int)(knots - coefficients - 1)), size = checked((int)(coefficients - order));
        if (order < 1 || size < 1)
            throw new KansformersException($"'{file.Path}': {coefficients} coefficients and {knots} knots in '{layer}' do not make a spline");
        return splines with { GridSize = size, SplineOrder = order, StandaloneScaler = file.TryGet($"{layer}.spline_scaler", out _) };
    }

    private static long[] Shape(TensorFile file, string name, int dimensions)
    {
        if (!file.TryGet(name, out StoredTensor? tensor))
            throw NotGpt(file, name);
        if (tensor.Shape.Any(size => size is < 0 or > int.MaxValue))
            throw new KansformersException($"'{file.Path}': tensor '{name}' has the shape {StoredTensor.ShapeText(tensor.Shape.AsSpan())}; no GPT is as large");
        return tensor.Shape.Length == dimensions ? [.. tensor.Shape]
            : throw new KansformersException($"'{file.Path}': tensor '{name}' has {tensor.Shape.Length} dimensions; a GPT has {dimensions} there");
    }

    private static KansformersException NotGpt(TensorFile file, string name) =>
        new($"'{file.Path}' is not a GPT of this library, the original Kansformers, minGPT or nanoGPT: it holds no '{name}'");
}
