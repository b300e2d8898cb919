using Kansformers.Text;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Evaluation;

/// <summary>What an encoder says of texts, many at a time: texts of about one length go through it together, so that short ones do not pay for long ones.</summary>
internal static class SequenceLogits
{
    private const int TokensPerBatch = 4096, MostRows = 64;

    /// <summary>The outputs for each text, in the order of the texts.</summary>
    /// <param name="model">The model, with a classification head; it is in evaluation mode meanwhile.</param>
    /// <param name="inputs">The texts.</param>
    /// <param name="padding">What fills up short ones.</param>
    /// <param name="done">Is told, after each batch, how many texts are done.</param>
    /// <param name="cancellation">Ends the work between batches.</param>
    public static float[][] Of(EncoderModel model, IReadOnlyList<ModelInput> inputs, int padding, Action<int>? done = null, CancellationToken cancellation = default)
    {
        float[][] logits = new float[inputs.Count][];
        using EvaluationMode mode = new(model);
        int[] order = [.. Enumerable.Range(0, inputs.Count).OrderBy(i => inputs[i].Ids.Count)];
        for (int from = 0, to; from < order.Length; from = to)
        {
            cancellation.ThrowIfCancellationRequested();
            for (to = from + 1; to < order.Length && to - from < MostRows && (to - from + 1) * inputs[order[to]].Ids.Count <= TokensPerBatch;)
                to++;
            float[] values = Run(model, [.. order[from..to].Select(i => inputs[i])], padding);
            int outputs = values.Length / (to - from);
            for (int i = from; i < to; i++)
                logits[order[i]] = values[((i - from) * outputs)..((i - from + 1) * outputs)];
            done?.Invoke(to);
        }

        return logits;
    }

    private static float[] Run(EncoderModel model, ModelInput[] inputs, int padding)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        (Tensor ids, Tensor? mask, Tensor? types) = PaddedBatch.Of(model, inputs, padding);
        return [.. model.forward(ids, mask, types).to(ScalarType.Float32).cpu().contiguous().data<float>()];
    }
}
