namespace Kansformers.Scaling;

/// <summary>Picks the runs of a group that one variable alone tells apart, as power laws of that variable want.</summary>
public static class ScalingRuns
{
    // Sizes and budgets that differ by less are one: budgets are met to a step, sizes to a head.
    private const double Same = 0.05;

    /// <summary>
    /// The frontier of a variable: the runs whose loss no run with less of it reached. There the other variables hold the loss up least: of tokens it has the models
    /// that were large enough, of parameters those that read enough, of operations the best of each budget.
    /// </summary>
    /// <param name="points">The runs.</param>
    /// <param name="variable">The variable; without <see cref="ScalingPoint.Flops"/>, operations are six for each parameter and token.</param>
    /// <param name="count">Which parameters count.</param>
    public static IReadOnlyList<ScalingPoint> Frontier(IReadOnlyList<ScalingPoint> points, ScalingVariable variable, ParameterCount count = ParameterCount.All)
    {
        ArgumentNullException.ThrowIfNull(points);
        List<ScalingPoint> frontier = [];
        foreach (ScalingPoint point in points.Where(point => point.Loss > 0).OrderBy(point => PowerLaw.Of(LawInput.Of(point, count), variable)).ThenBy(point => point.Loss))
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
}
