namespace Kansformers.Evaluation;

/// <summary>How near numbers came to what was wanted.</summary>
public sealed record NumberMeasures
{
    /// <summary>How many there were.</summary>
    public required int Examples { get; init; }

    /// <summary>The mean of squared differences.</summary>
    public required double MeanSquaredError { get; init; }

    /// <summary>The mean of differences without their signs.</summary>
    public required double MeanAbsoluteError { get; init; }

    /// <summary>Pearson's correlation; NaN where either does not vary.</summary>
    public required double Pearson { get; init; }

    /// <summary>Spearman's correlation, of ranks; equal numbers share the mean of theirs.</summary>
    public required double Spearman { get; init; }

    /// <summary>The measures.</summary>
    /// <param name="wanted">The numbers that were wanted.</param>
    /// <param name="found">Those that came.</param>
    /// <exception cref="ArgumentException">The lists are empty, or not of one length.</exception>
    public static NumberMeasures Of(IReadOnlyList<double> wanted, IReadOnlyList<double> found)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        ArgumentNullException.ThrowIfNull(found);
        if (wanted.Count == 0 || wanted.Count != found.Count)
            throw new ArgumentException($"{wanted.Count} numbers and {found.Count} answers are no pairs", nameof(found));
        return new NumberMeasures
        {
            Examples = wanted.Count,
            MeanSquaredError = wanted.Zip(found, (a, b) => (a - b) * (a - b)).Average(),
            MeanAbsoluteError = wanted.Zip(found, (a, b) => Math.Abs(a - b)).Average(),
            Pearson = Correlation(wanted, found),
            Spearman = Correlation(Ranks(wanted), Ranks(found)),
        };
    }

    private static double Correlation(IReadOnlyList<double> a, IReadOnlyList<double> b)
    {
        double meanA = a.Average(), meanB = b.Average();
        double both = a.Zip(b, (x, y) => (x - meanA) * (y - meanB)).Sum(), ofA = a.Sum(x => (x - meanA) * (x - meanA)), ofB = b.Sum(y => (y - meanB) * (y - meanB));
        return ofA > 0 && ofB > 0 ? Math.Clamp(both / Math.Sqrt(ofA * ofB), -1, 1) : double.NaN;
    }

    private static double[] Ranks(IReadOnlyList<double> values)
    {
        int[] order = [.. Enumerable.Range(0, values.Count).OrderBy(i => values[i])];
        double[] ranks = new double[values.Count];
        for (int from = 0, to; from < order.Length; from = to)
        {
            for (to = from + 1; to < order.Length && values[order[to]] == values[order[from]];)
                to++;
            for (int i = from; i < to; i++)
                ranks[order[i]] = (from + to - 1) / 2.0;
        }

        return ranks;
    }
}
