namespace Kansformers.Inspection;

/// <summary>The loss of a model against the share of its edges that is pruned, in several orders.</summary>
/// <param name="Loss">The loss of the model as it is.</param>
/// <param name="Curves">A curve for each order.</param>
public sealed record PruningSweep(double Loss, IReadOnlyList<PruningCurve> Curves)
{
    /// <summary>The shares that are measured unless others are named.</summary>
    public static IReadOnlyList<double> DefaultShares { get; } = [0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

    /// <summary>The orders that are measured unless others are named.</summary>
    public static IReadOnlyList<PruningOrder> DefaultOrders { get; } = [PruningOrder.Attribution, PruningOrder.Magnitude, PruningOrder.Chance];

    /// <summary>Measures.</summary>
    /// <param name="pruning">The pruning; the last measured stays in its model.</param>
    /// <param name="options">How edges are pruned; share and order are each curve's own.</param>
    /// <param name="shares">The shares, ascending; null for <see cref="DefaultShares"/>.</param>
    /// <param name="loss">Measures the model's loss, on held-out text.</param>
    /// <param name="done">Is told each point; null for nobody.</param>
    public static PruningSweep Measure(ModelPruning pruning, PruningOptions options, IReadOnlyList<double>? shares, Func<double> loss, Action<PruningOrder, PruningPoint>? done = null)
    {
        ArgumentNullException.ThrowIfNull(pruning);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(loss);
        pruning.Prune(options with { Share = 0 });
        double whole = loss();
        List<PruningCurve> curves = [];
        foreach (PruningOrder order in DefaultOrders)
        {
            List<PruningPoint> points = [new PruningPoint(0, whole)];
            foreach (double share in shares ?? DefaultShares)
            {
                pruning.Prune(options with { Share = share, Order = order });
                points.Add(new PruningPoint(share, loss()));
                done?.Invoke(order, points[^1]);
            }

            curves.Add(new PruningCurve(order, points));
        }

        return new PruningSweep(whole, curves);
    }

    /// <summary>The curves as an SVG picture.</summary>
    /// <param name="title">What was pruned.</param>
    /// <param name="unit">What losses are counted in.</param>
    public string Svg(string title, string unit = "nats per token") => new PruningPicture(this, title, unit).Paint();
}

/// <summary>The loss against the share of edges that is pruned, in one order.</summary>
/// <param name="Order">The order.</param>
/// <param name="Points">From nothing pruned on.</param>
public sealed record PruningCurve(PruningOrder Order, IReadOnlyList<PruningPoint> Points);

/// <summary>A point of it.</summary>
/// <param name="Share">The share of all edges that is pruned.</param>
/// <param name="Loss">The loss.</param>
public sealed record PruningPoint(double Share, double Loss);
