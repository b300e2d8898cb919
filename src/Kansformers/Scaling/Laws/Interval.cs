namespace Kansformers.Scaling;

/// <summary>Two numbers that a value lies between, with the confidence of the fit's options; NaN where there was no bootstrap.</summary>
/// <param name="Low">The lower end.</param>
/// <param name="High">The upper end.</param>
public readonly record struct Interval(double Low, double High)
{
    /// <summary>No interval.</summary>
    public static Interval None { get; } = new(double.NaN, double.NaN);

    /// <summary>Whether a value lies within.</summary>
    /// <param name="value">The value.</param>
    public bool Contains(double value) => value >= Low && value <= High;

    /// <summary>The middle share of some values (percentiles, between neighbours by straight lines); values that are not numbers do not count.</summary>
    /// <param name="values">The values.</param>
    /// <param name="confidence">The share.</param>
    internal static Interval Middle(IEnumerable<double> values, double confidence)
    {
        double[] sorted = [.. values.Where(value => !double.IsNaN(value)).Order()];
        if (sorted.Length == 0)
            return None;
        double tail = 0.5 * (1 - confidence);
        return new Interval(At(tail), At(1 - tail));

        double At(double share)
        {
            double place = share * (sorted.Length - 1);
            int below = (int)place;
            double rest = place - below;
            return rest == 0 ? sorted[below] : sorted[below] + (rest * (sorted[below + 1] - sorted[below]));
        }
    }
}

/// <summary>A coefficient of a fitted law.</summary>
/// <param name="Name">Its symbol.</param>
/// <param name="Value">The fit.</param>
/// <param name="Interval">Its interval.</param>
public sealed record LawCoefficient(string Name, double Value, Interval Interval);

/// <summary>What a fitted law expects of a model.</summary>
/// <param name="Loss">The loss, in nats per token.</param>
/// <param name="Law">The interval of the law itself: where the mean of many such runs lies.</param>
/// <param name="Run">The interval of one run, which scatters about the law as the fitted runs do.</param>
public sealed record LawPrediction(double Loss, Interval Law, Interval Run);
