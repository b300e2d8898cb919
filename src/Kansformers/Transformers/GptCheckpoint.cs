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

    internal const string TokenEmbedding = "transformer.wte.weight", Head = "lm_head.weight";

    // One layer of each place, by its name as a KAN.
    private static readonly string[] KanLayers = ["transformer.h.0.attn.c_attn.layers.0", "transformer.h.0.mlp.kan.layers.0", "lm_head.layers.0"];

    /// <summary>Loads the weights of this library, the original Kansformers or minGPT.</summary>
    /// <param name="path">A safetensors or PyTorch file (<c>.pt</c>), or a folder in Hugging Face's layout.</param>
    /// <param name="heads">The number of attention heads, which no shape tells; null takes what the file says, else those of the preset with these sizes.</param>
    /// <param name="device">Where the model is wanted; null is the CPU.</param>
    /// <exception cref="KansformersException">The file cannot be read, is not such a checkpoint, or the heads are unknown.</exception>
    public static Gpt Load(string path, int? heads = null, Device? device = null)
    {
        using TensorFile file = Open(path);
        Gpt model = new(Infer(file, heads), device);
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
    public static TensorFile Open(string path) => Directory.Exists(path) ? HuggingFaceGpt.Open(path).Weights : StateDictionary.Load(path);

    /// <summary>Copies a checkpoint's weights into a model.</summary>
    /// <param name="model">The model; unchanged when something does not fit.</param>
    /// <param name="file">The checkpoint.</param>
    /// <exception cref="KansformersException">A tensor is missing, unexpected or of another shape; the message names it.</exception>
    public static void LoadInto(Gpt model, TensorFile file) =>
        StateDictionary.LoadInto(model, file.Path, Weights(file), new LoadOptions { AllowUnexpected = name => IsCausalMask(name) || (name == Head && model.Options.TiedHead && IsTied(file, Prefix(file))) });

    /// <summary>Copies weights into a model to train further, which may have positions for fewer tokens: the first ones are then taken.</summary>
    /// <param name="model">The model; unchanged when something does not fit.</param>
    /// <param name="path">A weight file, or a folder in Hugging Face's layout.</param>
    /// <exception cref="KansformersException">The file cannot be read, or is of another architecture.</exception>
    public static void LoadInto(Gpt model, string path)
    {
        ArgumentNullException.ThrowIfNull(model);
        using TensorFile file = Open(path);
        string positions = $"{Prefix(file)}transformer.wpe.weight";
        long held = Shape(file, positions, 2)[0];
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
                tensor.copy_(name == "transformer.wpe.weight" ? from[name].narrow(0, 0, wanted) : from[name]);
        }
    }

    /// <summary>
    /// The architecture that a checkpoint's names and shapes tell, and its header where this library made it. Else dropout is that of the defaults,
    /// the activation SiLU.
    /// </summary>
    /// <param name="file">The checkpoint.</param>
    /// <param name="heads">The number of attention heads; null takes what the file says, else those of the preset with these sizes.</param>
    /// <exception cref="KansformersException">The file is not a GPT of this kind, the heads are unknown, or the file says otherwise.</exception>
    public static GptOptions Infer(TensorFile file, int? heads = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        string prefix = Prefix(file);
        long[] embedding = Shape(file, prefix + TokenEmbedding, 2), positions = Shape(file, $"{prefix}transformer.wpe.weight", 2);
        int layers = 0;
        while (file.TryGet($"{prefix}transformer.h.{layers}.ln_1.weight", out _))
            layers++;
        if (layers == 0)
            throw NotGpt(file, "transformer.h.0.ln_1.weight");
        int width = checked((int)embedding[1]);
        string[] kans = [.. KanLayers.Where(name => file.Tensors.Any(tensor => tensor.Name.StartsWith($"{prefix}{name}.", StringComparison.Ordinal)))];
        GptOptions? told = GptMetadata.Read(file);
        if (told is not null && heads is int given && given != told.Heads)
            throw new KansformersException($"'{file.Path}' was made with {told.Heads} heads, not {given}; leave out --heads");
        GptOptions options = (told ?? new GptOptions()) with
        {
            Layers = layers,
            Width = width,
            Heads = heads ?? told?.Heads ?? GptPresets.Of(layers, width)?.Heads ?? HeadsByName(file.Path)
                ?? throw new KansformersException($"'{file.Path}' does not tell the number of attention heads; give --heads (it divides the width, {width})"),
            BlockSize = checked((int)positions[0]),
            VocabularySize = checked((int)embedding[0]),
            TiedHead = told?.TiedHead ?? (!kans.Contains(KanLayers[^1]) && IsTied(file, prefix)),
            Placement = kans.Aggregate(KanPlacement.None, (placement, name) => placement | Place(name)),
            Kan = kans.Length > 0 ? InferKan(file, prefix + kans[0], told?.Kan ?? new BSplineOptions()) : told?.Kan ?? new BSplineOptions(),
        };
        options.Validate();
        return options;
    }

    /// <summary>The causal masks that PyTorch's versions keep as buffers (<c>attn.bias</c>); they hold no information.</summary>
    internal static bool IsCausalMask(string name) =>
        name.EndsWith(".attn.bias", StringComparison.Ordinal) || name.EndsWith(".attn.masked_bias", StringComparison.Ordinal);

    /// <summary>The model's weights by the model's names, without what a training checkpoint holds beside them.</summary>
    internal static IReadOnlyCollection<StoredTensor> Weights(TensorFile file) =>
        Prefix(file) is { Length: > 0 } prefix
            ? [.. file.Tensors.Where(tensor => tensor.Name.StartsWith(prefix, StringComparison.Ordinal)).Select(tensor => tensor.WithName(tensor.Name[prefix.Length..]))]
            : file.Tensors;

    // The original published three checkpoints; two are presets, this one has sizes of its own.
    private static int? HeadsByName(string path) => Path.GetFileName(path) == "model-5-5-2024.pt" ? 2 : null;

    // A head that the file does not hold, or holds as the embedding under a second name.
    private static bool IsTied(TensorFile file, string prefix) =>
        !file.TryGet(prefix + Head, out StoredTensor? head) || head.Identity.Equals(file[prefix + TokenEmbedding].Identity);

    private static string Prefix(TensorFile file) =>
        !file.TryGet(TokenEmbedding, out _) && file.TryGet(CheckpointPrefix + TokenEmbedding, out _) ? CheckpointPrefix : "";

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
        new($"'{file.Path}' is not a GPT of this library, the original Kansformers or minGPT: it holds no '{name}'");
}
