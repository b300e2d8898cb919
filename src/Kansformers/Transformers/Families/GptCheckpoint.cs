using Kansformers.Checkpoints;
using Kansformers.Kan;

namespace Kansformers.Transformers;

/// <summary>The architecture of GPTs in weight files by the names and shapes of their tensors, and what the files say beside.</summary>
internal static class GptCheckpoint
{
    internal const string TokenEmbedding = "transformer.wte.weight", Positions = "transformer.wpe.weight", Head = "lm_head.weight";

    // One layer of each place, by its name as a KAN.
    private static readonly string[] KanLayers = ["transformer.h.0.attn.c_attn.layers.0", "transformer.h.0.mlp.kan.layers.0", "lm_head.layers.0"];

    /// <summary>
    /// The architecture that a checkpoint's names and shapes tell, and what else it says: its header where this library made it, <c>model_args</c> where
    /// nanoGPT did. Else dropout is that of the defaults, the activation SiLU, and the GELU minGPT's, or exact where there are no biases.
    /// </summary>
    /// <param name="file">The checkpoint, by our names.</param>
    /// <param name="hints">What it need not tell.</param>
    /// <param name="family">Whose presets tell the heads of files that do not.</param>
    /// <exception cref="KansformersException">The file is not a GPT of this kind, the heads are unknown, or the file says otherwise.</exception>
    public static GptOptions Infer(TensorFile file, ModelHints hints, GptFamily family)
    {
        (int? heads, GeluForm? gelu) = hints;
        GptOptions sizes = Sizes(file);
        string[] kans = [.. KanLayers.Where(name => file.Tensors.Any(tensor => tensor.Name.StartsWith($"{name}.", StringComparison.Ordinal)))];
        GptOptions? told = (GptOptions?)ModelMetadata.Read(file);
        if (told is not null && heads is int given && given != told.Heads)
            throw new KansformersException($"'{file.Path}' was made with {told.Heads} heads, not {given}; leave out ModelHints.Heads");
        bool hasBiases = GptFile.HasBiases(file);
        GptOptions options = (told ?? new GptOptions()) with
        {
            Layers = sizes.Layers,
            Width = sizes.Width,
            Heads = heads ?? told?.Heads ?? family.HeadsOf(sizes.Layers, sizes.Width) ?? HeadsByName(file.Path)
                ?? throw new KansformersException($"'{file.Path}' does not tell the number of attention heads; give ModelHints.Heads (it divides the width, {sizes.Width})"),
            BlockSize = sizes.BlockSize,
            VocabularySize = sizes.VocabularySize,
            TiedHead = told?.TiedHead ?? (!kans.Contains(KanLayers[^1]) && IsTied(file)),
            Biases = hasBiases,
            Gelu = gelu ?? told?.Gelu ?? (hasBiases ? GeluForm.Tanh : GeluForm.Exact),
            Placement = kans.Aggregate(KanPlacement.None, (placement, name) => placement | Place(name)),
            Kan = kans.Length > 0 ? InferKan(file, kans[0], told?.Kan ?? new BSplineOptions()) : told?.Kan ?? new BSplineOptions(),
        };
        if (gelu is not null && options.Placement.HasFlag(KanPlacement.Mlp))
            throw new KansformersException($"'{file.Path}' has no GELU, for its feed-forward layers are KANs; leave out ModelHints.Gelu");
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

    /// <summary>Whether the head is the embedding under a second name, by its values.</summary>
    internal static bool IsCopy(TensorFile file) => file.TryGet(TokenEmbedding, out StoredTensor? embedding) && file[Head].Same(embedding);

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
