using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Evaluation;

/// <summary>What an encoder says of the words of texts, and how right that is.</summary>
internal static class WordLogits
{
    /// <summary>The logits of each word; null of one that has no token, or was cut.</summary>
    /// <param name="model">The model, with a head for labels of tokens.</param>
    /// <param name="inputs">The texts.</param>
    /// <param name="padding">What fills up short ones.</param>
    /// <param name="done">Is told, after each batch, how many texts are done.</param>
    /// <param name="cancellation">Ends the work between batches.</param>
    public static float[]?[][] Of(EncoderModel model, IReadOnlyList<WordInput> inputs, int padding, Action<int>? done = null, CancellationToken cancellation = default)
    {
        int labels = model.Encoder.Labels;
        float[][] tokens = SequenceLogits.Of(model, [.. inputs.Select(input => input.Input)], padding, done, cancellation);
        return [.. inputs.Select((input, i) => input.Places.Select(place => place < 0 ? null : tokens[i][(place * labels)..((place + 1) * labels)]).ToArray())];
    }

    /// <summary>The measures of the words that have logits; null where none has.</summary>
    /// <param name="logits">The logits of the words of each text.</param>
    /// <param name="wanted">The right labels, counted from 0.</param>
    /// <param name="names">What the labels are called.</param>
    public static (double Loss, LabelMeasures Labels, EntityMeasures? Entities)? Measure(float[]?[][] logits, IReadOnlyList<int[]> wanted, LabelNames names)
    {
        List<int> right = [], found = [];
        List<(IReadOnlyList<string> Wanted, IReadOnlyList<string> Found)> texts = [];
        double loss = 0;
        for (int text = 0; text < logits.Length; text++)
        {
            int from = right.Count;
            for (int word = 0; word < logits[text].Length; word++)
            {
                if (logits[text][word] is not float[] row)
                    continue;
                right.Add(wanted[text][word]);
                found.Add(Softmax.Largest(row));
                loss += Softmax.Loss(row, wanted[text][word]);
            }

            texts.Add(([.. right.Skip(from).Select(label => names[label])], [.. found.Skip(from).Select(label => names[label])]));
        }

        return right.Count == 0 ? null : (loss / right.Count, LabelMeasures.Of(right, found, names.Count), EntityMeasures.AreFor(names) ? EntityMeasures.Of(texts) : null);
    }
}
