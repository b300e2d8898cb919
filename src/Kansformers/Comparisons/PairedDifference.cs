namespace Kansformers.Comparisons;

/// <summary>
/// How much the losses of one model differ from those of another over the seeds that both were trained with. Runs of one seed saw the same batches, so that
/// their difference varies less than either loss: the paired t test asks whether its mean could be chance.
/// </summary>
/// <param name="To">The other model.</param>
/// <param name="Seeds">How many seeds both have.</param>
/// <param name="Mean">The mean difference, this model's loss less the other's, in nats per token; below 0 this model is the better one.</param>
/// <param name="StandardError">Its standard error; NaN with fewer than two seeds.</param>
/// <param name="PValue">The probability of a mean so far from 0, on either side, if the models did not differ; NaN with fewer than two seeds.</param>
public sealed record PairedDifference(string To, int Seeds, double Mean, double StandardError, double PValue)
{
    /// <summary>Whether a difference of this size is rarer than one in twenty by chance alone.</summary>
    public bool IsSignificant => PValue < 0.05;

    /// <summary>Compares the losses of two models.</summary>
    /// <param name="to">The other model's name.</param>
    /// <param name="pairs">Both losses of each common seed.</param>
    internal static PairedDifference Of(string to, IReadOnlyList<(double Loss, double Other)> pairs)
    {
        double[] differences = [.. pairs.Select(pair => pair.Loss - pair.Other)];
        (double mean, double deviation) = Spread(differences);
        double error = deviation / Math.Sqrt(differences.Length);
        double t = error == 0 && mean == 0 ? 0 : mean / error;
        return new PairedDifference(to, differences.Length, mean, error, double.IsNaN(t) ? double.NaN : StudentT.TwoSided(t, differences.Length - 1));
    }

    /// <summary>Mean and standard deviation (with n - 1) of some numbers; NaN where there are too few.</summary>
    internal static (double Mean, double Deviation) Spread(IReadOnlyCollection<double> values)
    {
        double mean = values.Count == 0 ? double.NaN : values.Average();
        return (mean, values.Count < 2 ? double.NaN : Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1)));
    }
}
