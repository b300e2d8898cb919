using System.Runtime.InteropServices;
using Kansformers.Checkpoints;
using Kansformers.Kan;

namespace Kansformers.Transformers;

/// <summary>GPTs: sizes as minGPT and the original Kansformers knew them, and the weight files of these, of nanoGPT and of Hugging Face's GPT-2.</summary>
internal sealed class GptFamily() : Family<GptOptions, Gpt>("gpt", "GPT-2 as in minGPT and the original Kansformers", (options, device) => new Gpt(options, device))
{
    public override IReadOnlyList<ModelPreset> Presets { get; } =
    [
        new("openai-gpt", 12, 12, 768),
        new("gpt2", 12, 12, 768),
        new("gpt2-medium", 24, 16, 1024),
        new("gpt2-large", 36, 20, 1280),
        new("gpt2-xl", 48, 25, 1600),
        new("gopher-44m", 8, 16, 512),
        new("gpt-mini", 6, 6, 192),
        new("gpt-micro", 4, 4, 128),
        new("gpt-nano", 3, 3, 48),
    ];

    internal override HuggingFaceLayout HuggingFace { get; } = new Gpt2Layout();

    /// <summary>The heads of the preset of these sizes, or null.</summary>
    public int? HeadsOf(int layers, int width) => Presets.FirstOrDefault(preset => preset.Name != "openai-gpt" && preset.Layers == layers && preset.Width == width)?.Heads;

    internal override bool Recognises(Func<string, bool> holds) => holds(GptCheckpoint.TokenEmbedding);

    internal override ModelOptions? Settle(TensorFile file, ModelOptions? told, List<FileNote> notes) => GptFile.Settle(file, (GptOptions?)told, notes);

    internal override ModelOptions Infer(TensorFile file, ModelHints hints) => GptCheckpoint.Infer(file, hints, this);

    internal override int BlockSizeOf(TensorFile file) => GptCheckpoint.Sizes(file).BlockSize;

    internal override TensorChange? LeftOut(TensorFile file, ModelOptions options, string name) =>
        GptCheckpoint.IsCausalMask(name) ? new TensorChange(name, null, TensorFate.Dropped)
        : name == GptCheckpoint.Head && options is GptOptions { TiedHead: true } && GptCheckpoint.IsCopy(file) ? new TensorChange(name, GptCheckpoint.TokenEmbedding, TensorFate.Tied)
        : null;

    // A file that the classes of minGPT and the original Kansformers load: with their causal masks, and a tied head under its own name. What these cannot hold,
    // an exact GELU or no biases, becomes a checkpoint as nanoGPT loads it, which tells the architecture; so do KAN layers that are not the original's.
    internal override PickleDictionary? PyTorchContent(ModelOptions options, List<StoredTensor> tensors, List<TensorChange> changes)
    {
        GptOptions gpt = (GptOptions)options;
        if (gpt.TiedHead)
        {
            tensors.Add(tensors.First(tensor => tensor.Name == GptCheckpoint.TokenEmbedding).WithName(GptCheckpoint.Head));
            changes.RemoveAll(change => change.Fate == TensorFate.Tied);
            changes.Add(new TensorChange(GptCheckpoint.TokenEmbedding, GptCheckpoint.Head, TensorFate.Tied));
        }

        if (gpt.Gelu != GeluForm.Tanh || !gpt.Biases)
        {
            PickleDictionary content = ModelMetadata.PyTorch(options, tensors);
            content.Set(NanoGpt.ArgumentsKey, NanoGpt.Arguments(gpt));
            return content;
        }

        if (gpt.Placement != KanPlacement.None && !(IsOriginal(gpt.Kan) && gpt.KanActivations == KanActivations.Dropped))
            return ModelMetadata.PyTorch(options, tensors);
        StoredTensor mask = CausalMask(gpt.BlockSize);
        for (int layer = 0; layer < gpt.Layers; layer++)
        {
            string end = $"h.{layer}.attn.bias", name = $"transformer.{end}";
            tensors.Add(mask.WithName(name));
            int at = changes.FindIndex(change => change.Fate == TensorFate.Dropped && change.From!.EndsWith(end, StringComparison.Ordinal));
            if (at < 0)
                changes.Add(new TensorChange(null, name, TensorFate.Added));
            else
                changes[at] = new TensorChange(changes[at].From, name, changes[at].From == name ? TensorFate.Kept : TensorFate.Renamed);
        }

        return null;
    }

    // Whether names and shapes tell all that the layer computes, as for efficient-kan's.
    private static bool IsOriginal(KanOptions kan)
    {
        BSplineOptions original = new();
        return kan is BSplineOptions splines && splines.Sharing == original.Sharing && splines.Norm == original.Norm && splines.Bias == original.Bias
            && splines.BaseActivation == original.BaseActivation && splines.Outside == original.Outside;
    }

    // (1, 1, block, block): ones up to the diagonal.
    private static StoredTensor CausalMask(int block)
    {
        float[] mask = new float[(long)block * block];
        for (int row = 0; row < block; row++)
            mask.AsSpan(row * block, row + 1).Fill(1);
        return StoredTensor.Create("mask", StoredType.F32, [1, 1, block, block], MemoryMarshal.AsBytes(mask.AsSpan()).ToArray());
    }
}
