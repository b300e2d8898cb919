namespace Kansformers.Evaluation;

/// <summary>Probabilities of logits.</summary>
internal static class Softmax
{
    /// <summary>The probabilities, in double.</summary>
    public static double[] Of(ReadOnlySpan<float> logits)
    {
        double[] powers = new double[logits.Length];
        double most = double.NegativeInfinity, sum = 0;
        foreach (float logit in logits)
            most = double.IsNaN(logit) ? double.NaN : Math.Max(most, logit);
        for (int i = 0; i < powers.Length; i++)
            sum += powers[i] = Math.Exp(logits[i] - most);
        for (int i = 0; i < powers.Length; i++)
            powers[i] /= sum;
        return powers;
    }

    /// <summary>The place of the largest; the first of several.</summary>
    public static int Largest(ReadOnlySpan<float> logits)
    {
        int at = 0;
        for (int i = 1; i < logits.Length; i++)
            at = logits[i] > logits[at] ? i : at;
        return at;
    }

    /// <summary>-log of the probability of one of them.</summary>
    public static double Loss(ReadOnlySpan<float> logits, int label)
    {
        double most = double.NegativeInfinity, sum = 0;
        foreach (float logit in logits)
            most = Math.Max(most, logit);
        foreach (float logit in logits)
            sum += Math.Exp(logit - most);
        return Math.Log(sum) + most - logits[label];
    }
}
