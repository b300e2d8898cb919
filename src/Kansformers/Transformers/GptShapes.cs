using System.Collections.Immutable;
using Kansformers.Checkpoints;
using Kansformers.Kan;

namespace Kansformers.Transformers;

/// <summary>The names and shapes of a GPT's tensors, as its options tell them: to check a file without making a model.</summary>
internal static class GptShapes
{
    /// <summary>The tensors of a state dictionary.</summary>
    public static Dictionary<string, ImmutableArray<long>> Of(GptOptions options)
    {
        long width = options.Width;
        Dictionary<string, ImmutableArray<long>> shapes = new()
        {
            [GptCheckpoint.TokenEmbedding] = [options.VocabularySize, width],
            ["transformer.wpe.weight"] = [options.BlockSize, width],
        };
        for (int layer = 0; layer < options.Layers; layer++)
        {
            string block = $"transformer.h.{layer}.";
            Norm($"{block}ln_1");
            Norm($"{block}ln_2");
            foreach ((string name, long outputs) in ((string, long)[])[("c_attn", 3 * width), ("c_proj", width)])
            {
                if (options.Placement.HasFlag(KanPlacement.Attention))
                    Spline($"{block}attn.{name}.layers.0", width, outputs);
                else
                    Linear($"{block}attn.{name}", width, outputs);
            }

            if (options.Placement.HasFlag(KanPlacement.Mlp))
            {
                Spline($"{block}mlp.kan.layers.0", width, 4 * width);
                Spline($"{block}mlp.kan.layers.1", 4 * width, width);
            }
            else
            {
                Linear($"{block}mlp.c_fc", width, 4 * width);
                Linear($"{block}mlp.c_proj", 4 * width, width);
            }
        }

        Norm("transformer.ln_f");
        if (options.Placement.HasFlag(KanPlacement.Head))
            Spline("lm_head.layers.0", width, options.VocabularySize);
        else if (!options.TiedHead)
            shapes[GptCheckpoint.Head] = [options.VocabularySize, width];
        return shapes;

        void Norm(string name) => Weight(name, [width], width);

        void Linear(string name, long inputs, long outputs) => Weight(name, [outputs, inputs], outputs);

        void Weight(string name, ImmutableArray<long> shape, long outputs)
        {
            shapes[$"{name}.weight"] = shape;
            if (options.Biases)
                shapes[$"{name}.bias"] = [outputs];
        }

        void Spline(string name, long inputs, long outputs)
        {
            foreach (KanTensor tensor in KanTensors.Describe(options.Kan, inputs, outputs))
                shapes[$"{name}.{tensor.Name}"] = [.. tensor.Shape];
        }
    }

    /// <summary>Refuses tensors that are not exactly those of a model.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="options">The model.</param>
    /// <param name="tensors">The tensors, without causal masks and a tied head's copy.</param>
    /// <exception cref="KansformersException">One is missing, unexpected, of another shape, or of integers; the message names it.</exception>
    public static void Require(string path, GptOptions options, IEnumerable<StoredTensor> tensors)
    {
        Dictionary<string, ImmutableArray<long>> missing = Of(options);
        foreach (StoredTensor tensor in tensors)
        {
            if (!missing.Remove(tensor.Name, out ImmutableArray<long> shape))
                throw new KansformersException($"'{path}' holds '{tensor.Name}', for which the model has no place");
            if (!shape.SequenceEqual(tensor.Shape))
                throw new KansformersException($"'{path}': '{tensor.Name}' has the shape {StoredTensor.ShapeText(tensor.Shape.AsSpan())}; the model has {StoredTensor.ShapeText(shape.AsSpan())}");
            if (tensor.Type is not (StoredType.F16 or StoredType.BF16 or StoredType.F32 or StoredType.F64))
                throw new KansformersException($"'{path}': '{tensor.Name}' is of type {tensor.Type}, which weights are not; quantized models cannot be read");
        }

        if (missing.Count > 0)
            throw new KansformersException($"'{path}' lacks '{missing.Keys.First()}'{(missing.Count > 1 ? $" and {missing.Count - 1} more" : "")}, which the model needs");
    }
}
