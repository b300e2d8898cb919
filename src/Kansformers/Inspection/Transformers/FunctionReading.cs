namespace Kansformers.Inspection;

/// <summary>By what functions are put in order.</summary>
public enum FunctionRanking
{
    /// <summary>By <see cref="FunctionReading.Attribution"/>: how much the loss would rise.</summary>
    Attribution,

    /// <summary>By <see cref="FunctionReading.Share"/>: how much of its output's movement is a function's, as pykan scores edges.</summary>
    Deviation,

    /// <summary>By <see cref="FunctionReading.Magnitude"/>: how large its numbers are.</summary>
    Magnitude,
}

/// <summary>How much a function does on a corpus.</summary>
/// <param name="Place">Which function.</param>
public sealed record FunctionReading(FunctionPlace Place)
{
    /// <summary>The mean of what it gives.</summary>
    public required double Mean { get; init; }

    /// <summary>The standard deviation of what it gives over the tokens; of a group's function the root of the mean over its channels of the variance.</summary>
    public required double Deviation { get; init; }

    /// <summary>
    /// The standard deviation of what it adds to an output over that output's own: pykan's score of an edge before it is propagated. Behind shared functions stands a matrix:
    /// the root of Σ_o w_o² variance over Σ_o of the outputs' variances.
    /// </summary>
    public required double Share { get; init; }

    /// <summary>
    /// ½ · variance of what it adds to an output · mean squared gradient of the text's loss there, summed over outputs: what the loss would rise by, in nats a token, if the
    /// function became its mean, by the loss' second-order expansion with Fisher's matrix for the curvature (as in LeCun et al., "Optimal Brain Damage", 1990).
    /// NaN where gradients were not measured.
    /// </summary>
    public required double Attribution { get; init; }

    /// <summary>The root of the sum of the squares of its numbers: coefficients, scaled, and the base weight.</summary>
    public required double Magnitude { get; init; }

    /// <summary>How much of its variance is the basis', and not the base activation's, as if the two varied apart: 0 to 1.</summary>
    public required double SplineShare { get; init; }

    /// <summary>What puts it in its place.</summary>
    /// <param name="ranking">By what functions are put in order.</param>
    public double Score(FunctionRanking ranking) => ranking switch
    {
        FunctionRanking.Attribution => Attribution,
        FunctionRanking.Deviation => Share,
        FunctionRanking.Magnitude => Magnitude,
        _ => throw new ArgumentOutOfRangeException(nameof(ranking), ranking, "there is no such ranking"),
    };
}

/// <summary>What enters a function, or a whole layer.</summary>
/// <param name="Low">The smallest value.</param>
/// <param name="High">The largest.</param>
/// <param name="Outside">The share of values outside the grid; 0 where there is no grid.</param>
/// <param name="Histogram">How the values are spread.</param>
public sealed record InputReading(double Low, double High, double Outside, InputHistogram Histogram)
{
    /// <summary>Values between which equal shares of all lie, to the width of a bin, both ends among them.</summary>
    /// <param name="count">How many, at least 2.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is below 2.</exception>
    public double[] Quantiles(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 2);
        double[] values = new double[count];
        double all = Histogram.Counts.Sum(), below = 0;
        int bin = 0;
        for (int i = 0; i < count; i++)
        {
            double wanted = all * i / (count - 1);
            while (bin < Histogram.Counts.Count - 1 && below + Histogram.Counts[bin] < wanted)
                below += Histogram.Counts[bin++];
            double within = Histogram.Counts[bin] > 0 ? (wanted - below) / Histogram.Counts[bin] : 0;
            values[i] = Math.Clamp(Histogram.Low + (bin + within) * Histogram.Width, Low, High);
        }

        (values[0], values[^1]) = (Low, High);
        return values;
    }
}

/// <summary>Counts of values in bins of one width.</summary>
/// <param name="Low">The lower end of the first bin.</param>
/// <param name="Width">The width of a bin.</param>
/// <param name="Counts">The values in each.</param>
public sealed record InputHistogram(double Low, double Width, IReadOnlyList<long> Counts)
{
    /// <summary>Between which values a share of all lies, as many being left out below as above, to the width of a bin.</summary>
    /// <param name="share">The share, 0 to 1.</param>
    public (double Low, double High) Middle(double share)
    {
        double all = Counts.Sum(), out1 = all * (1 - share) / 2;
        (int first, int last) = (0, Counts.Count - 1);
        for (double below = 0; first < last && below + Counts[first] <= out1; first++)
            below += Counts[first];
        for (double above = 0; last > first && above + Counts[last] <= out1; last--)
            above += Counts[last];
        return (Low + first * Width, Low + (last + 1) * Width);
    }
}
