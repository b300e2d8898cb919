namespace Kansformers.Cli.Bench;

/// <summary>What a contestant's repetitions came to, in milliseconds.</summary>
internal sealed record Timing
{
    public Timing(IReadOnlyList<Lap> laps)
    {
        Rounds = laps.Count;
        (MedianMs, MinMs) = Summary(laps.Select(lap => lap.Total));
        (ForwardMs, ForwardMinMs) = Summary(laps.Select(lap => lap.Forward));
        (BackwardMs, BackwardMinMs) = Summary(laps.Select(lap => lap.Total - lap.Forward));
    }

    /// <summary>How many repetitions there were.</summary>
    public int Rounds { get; }

    public double MedianMs { get; }

    public double MinMs { get; }

    public double ForwardMs { get; }

    public double ForwardMinMs { get; }

    public double BackwardMs { get; }

    public double BackwardMinMs { get; }

    private static (double Median, double Minimum) Summary(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return (sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2, sorted[0]);
    }
}
