using Kansformers.Runtime;

namespace Kansformers.Scaling;

/// <summary>A law fitted to runs, with the fits to resampled runs that its intervals come from.</summary>
/// <typeparam name="TLaw">The kind of law.</typeparam>
public sealed class LawFit<TLaw>
    where TLaw : ScalingLaw
{
    private readonly double[] _scatter;

    internal LawFit(TLaw law, FitOptions options, IReadOnlyList<ScalingPoint> points, double objective, int coefficients)
    {
        (Law, Options, Points, Objective) = (law, options, points, objective);
        Residuals = [.. points.Select(point => Math.Log(point.Loss) - Math.Log(law.Loss(LawInput.Of(point, options.Parameters))))];
        double wider = Math.Sqrt((double)points.Count / Math.Max(1, points.Count - coefficients));
        _scatter = [.. Residuals.Select(residual => wider * residual)];
    }

    /// <summary>The best fit.</summary>
    public TLaw Law { get; }

    /// <summary>How it was fitted.</summary>
    public FitOptions Options { get; }

    /// <summary>The runs that it was fitted to: without those left out.</summary>
    public IReadOnlyList<ScalingPoint> Points { get; }

    /// <summary>The sum of Huber's losses at the best fit.</summary>
    public double Objective { get; }

    /// <summary>For each run the logarithm of its loss less that of the law's.</summary>
    public IReadOnlyList<double> Residuals { get; }

    /// <summary>The fits to resampled runs.</summary>
    public IReadOnlyList<TLaw> Replicates { get; internal init; } = [];

    /// <summary>How many of the fits that were asked for came to no law, and so are in no interval: exponents ran away.</summary>
    public int Dropped => Options.Bootstraps - Replicates.Count;

    /// <summary>The coefficients with their intervals.</summary>
    public IReadOnlyList<LawCoefficient> Coefficients =>
        [.. Law.Coefficients.Select((one, i) => new LawCoefficient(one.Name, one.Value, Between(law => law.Coefficients[i].Value)))];

    /// <summary>The interval of anything that follows from a law: the percentiles of what the replicates say.</summary>
    /// <param name="read">What is read off a law.</param>
    public Interval Between(Func<TLaw, double> read) => Interval.Middle(Replicates.Select(read), Options.Confidence);

    /// <summary>What the law expects of a model.</summary>
    /// <param name="input">Its size and training.</param>
    public LawPrediction Predict(LawInput input)
    {
        KeyedDraws draws = new(KeyedDraws.Key(Options.Seed, -1));
        int[] drawn = [.. Replicates.Select(_ => draws.Next(_scatter.Length))];
        return new LawPrediction(
            Law.Loss(input),
            Between(law => law.Loss(input)),
            Interval.Middle(Replicates.Select((law, i) => law.Loss(input) * Math.Exp(_scatter[drawn[i]])), Options.Confidence));
    }
}
