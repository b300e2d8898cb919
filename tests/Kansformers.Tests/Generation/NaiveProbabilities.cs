using Kansformers.Generation;

namespace Kansformers.Tests.Generation;

/// <summary>The sampling distribution by the plain definition of each filter: sort, add up, cut.</summary>
internal static class NaiveProbabilities
{
    public static double[] Of(float[] logits, int[] sequence, SamplingOptions options)
    {
        double[] scores = [.. logits.Select(logit => (double)logit)];
        foreach (int id in sequence.Distinct())
            scores[id] = scores[id] > 0 ? scores[id] / options.RepetitionPenalty : scores[id] * options.RepetitionPenalty;
        scores = [.. scores.Select(score => score / options.Temperature)];
        bool[] kept = [.. scores.Select(_ => true)];
        if (options.TopK > 0 && options.TopK < scores.Length)
        {
            double last = scores.OrderDescending().ElementAt(options.TopK - 1);
            kept = [.. scores.Select(score => score >= last)];
        }

        double[] probabilities = Softmax(scores, kept);
        double above = 0;
        foreach (int id in Enumerable.Range(0, scores.Length).OrderByDescending(id => probabilities[id]).ThenBy(id => id))
        {
            kept[id] &= above < options.TopP || options.TopP == 1;
            above += probabilities[id];
        }

        probabilities = Softmax(scores, kept);
        double most = probabilities.Max();
        for (int id = 0; id < kept.Length; id++)
            kept[id] &= probabilities[id] >= (options.MinP * most) - 1e-12;
        return Softmax(scores, kept);
    }

    private static double[] Softmax(double[] scores, bool[] kept)
    {
        double largest = scores.Where((_, id) => kept[id]).Max();
        double[] weights = [.. scores.Select((score, id) => kept[id] ? Math.Exp(score - largest) : 0)];
        double total = weights.Sum();
        return [.. weights.Select(weight => weight / total)];
    }
}
