using Kansformers.Text;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Evaluation;

/// <summary>Texts of several lengths as one batch, the shorter ones filled up at their ends.</summary>
internal static class PaddedBatch
{
    /// <summary>The tensors of a batch without what is wanted of it; they belong to the caller's scope.</summary>
    /// <param name="model">The model.</param>
    /// <param name="inputs">The texts, at least one.</param>
    /// <param name="padding">What fills up.</param>
    /// <returns>Ids; the mask, null where no text is shorter than another; types, null where all are of the first or the model has a single one.</returns>
    public static (Tensor Ids, Tensor? Mask, Tensor? Types) Of(EncoderModel model, IReadOnlyList<ModelInput> inputs, int padding)
    {
        int longest = inputs.Max(input => input.Ids.Count);
        long[] ids = new long[inputs.Count * longest], mask = new long[ids.Length], types = new long[ids.Length];
        Array.Fill(ids, padding);
        for (int row = 0; row < inputs.Count; row++)
        {
            for (int i = 0; i < inputs[row].Ids.Count; i++)
                (ids[row * longest + i], mask[row * longest + i], types[row * longest + i]) = (inputs[row].Ids[i], 1, inputs[row].TypeIds[i]);
        }

        bool isPadded = mask.Contains(0), hasTypes = types.Max() is > 0 and long most && most < model.Encoder.TypeRows;
        return (Matrix(ids), isPadded ? Matrix(mask) : null, hasTypes ? Matrix(types) : null);

        Tensor Matrix(long[] values) => tensor(values, [inputs.Count, longest], device: model.Device);
    }
}
