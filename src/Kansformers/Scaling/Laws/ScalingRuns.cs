namespace Kansformers.Scaling;

/// <summary>Picks the runs of a group that one variable alone tells apart, as power laws of that variable want.</summary>
public static class ScalingRuns
{
    // Sizes and budgets that differ by less are one: budgets are met to a step, sizes to a head.
    private const double Same = 0.05;

    /// <summary>The runs of each size that were trained longest.</summary>
    /// <param name="points">The runs.</param>
    public static IReadOnlyList<ScalingPoint> LongestOfEachSize(IReadOnlyList<ScalingPoint> points) => Most(points, point => point.Parameters, point => point.Tokens);

    /// <summary>The runs of the largest model on each number of tokens.</summary>
    /// <param name="points">The runs.</param>
    public static IReadOnlyList<ScalingPoint> LargestOnEachText(IReadOnlyList<ScalingPoint> points) => Most(points, point => point.Tokens, point => point.Parameters);

    /// <summary>The frontier: the runs that no run of fewer operations reached.</summary>
    /// <param name="points">The runs; without <see cref="ScalingPoint.Flops"/>, six operations for each parameter and token are taken.</param>
    public static IReadOnlyList<ScalingPoint> Frontier(IReadOnlyList<ScalingPoint> points)
    {
        ArgumentNullException.ThrowIfNull(points);
        List<ScalingPoint> frontier = [];
        foreach (ScalingPoint point in points.Where(point => point.Loss > 0).OrderBy(Flops).ThenBy(point => point.Loss))
        {
            if (frontier.Count == 0 || point.Loss < frontier[^1].Loss)
                frontier.Add(point);
        }

        return frontier;
    }

    /// <summary>The operations of a run, given or reckoned.</summary>
    internal static double Flops(ScalingPoint point) => LawInput.Of(point).Flops;

    /// <summary>Runs in order of a value, cut where it makes a jump.</summary>
    internal static IReadOnlyList<IReadOnlyList<ScalingPoint>> Clusters(IReadOnlyList<ScalingPoint> points, Func<ScalingPoint, double> value, double same = Same)
    {
        ArgumentNullException.ThrowIfNull(points);
        List<List<ScalingPoint>> clusters = [];
        double first = 0;
        foreach (ScalingPoint point in points.Where(point => value(point) > 0).OrderBy(value))
        {
            if (clusters.Count == 0 || value(point) > first * (1 + same))
            {
                clusters.Add([]);
                first = value(point);
            }

            clusters[^1].Add(point);
        }

        return clusters;
    }

    private static IReadOnlyList<ScalingPoint> Most(IReadOnlyList<ScalingPoint> points, Func<ScalingPoint, double> apart, Func<ScalingPoint, double> most) =>
        [.. Clusters(points, apart).SelectMany(cluster => cluster.Where(point => most(point) * (1 + Same) >= cluster.Max(most)))];
}
