using Kansformers.Runtime;

namespace Kansformers.Scaling;

/// <summary>
/// Budgets of equal operations (Hoffmann et al. 2022, approach 2): at each a parabola in log N through the losses, its lowest point the best size; then power laws
/// N ∝ C^a and D ∝ C^b through the best sizes. It needs no form of L(N, D), but is biased: a valley is steeper on the side of small models than a parabola, or
/// less, so that the wider its sizes the farther off is the lowest point; <see cref="Bias"/> tells by how much.
/// </summary>
public sealed class IsoFlop
{
    private const int LeastSizes = 4; // one more than a parabola has coefficients
    private const double SameBudget = 0.1;

    private readonly FitOptions _options;

    private IsoFlop(IReadOnlyList<IsoFlopValley> valleys, FitOptions options)
    {
        (Valleys, _options) = (valleys, options);
        (Parameters, Tokens) = Exponents(valleys);
    }

    /// <summary>The budgets with their parabolas, the smallest first.</summary>
    public IReadOnlyList<IsoFlopValley> Valleys { get; }

    /// <summary>log N = log G + a log C through the lowest points; NaN where fewer than two valleys have one within their sizes.</summary>
    public (double LogFactor, double Exponent) Parameters { get; }

    /// <summary>The same of the tokens at the lowest points.</summary>
    public (double LogFactor, double Exponent) Tokens { get; }

    /// <summary>The interval of the exponent a of the sizes, from runs drawn anew within each budget.</summary>
    public Interval ParametersInterval { get; private init; } = Interval.None;

    /// <summary>The interval of the exponent b of the tokens.</summary>
    public Interval TokensInterval { get; private init; } = Interval.None;

    /// <summary>How many of the fits to runs drawn anew left no two valleys, and so are in no interval.</summary>
    public int Dropped { get; private init; }

    /// <summary>Finds the budgets among runs, those within a tenth of each other being one, and fits their valleys.</summary>
    /// <param name="points">The runs, of one kind of model.</param>
    /// <param name="options">Which parameters count; seed, number and confidence of the bootstrap.</param>
    /// <exception cref="KansformersException">No budget has runs of 4 sizes, or a run has no loss or size.</exception>
    public static IsoFlop Fit(IReadOnlyList<ScalingPoint> points, FitOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(points);
        options ??= new FitOptions();
        options.Validate();
        foreach (ScalingPoint point in points)
        {
            if (!(point.Loss > 0) || !double.IsFinite(point.Loss) || !(LawInput.Of(point, options.Parameters).Parameters > 0))
            {
                string run = FormattableString.Invariant($"a run of {point.Group} has loss {point.Loss} and {point.Parameters:g6} parameters");
                throw new KansformersException($"{run}; valleys need losses and sizes above 0: leave runs out that failed");
            }
        }

        IEnumerable<IReadOnlyList<ScalingPoint>> clusters = ScalingRuns.Clusters(points, ScalingRuns.Flops, SameBudget);
        ScalingPoint[][] budgets = [.. clusters.Where(runs => Sizes(runs, options.Parameters) >= LeastSizes).Select(runs => runs.ToArray())];
        if (budgets.Length == 0)
            throw new KansformersException($"no budget of operations has runs of {LeastSizes} sizes or more; train several sizes with the same number of operations");
        int draws = budgets.Length < 2 ? 0 : options.Bootstraps;
        IsoFlop[] drawn = [.. Enumerable.Range(0, draws).Select(replicate => Drawn(budgets, replicate, options)).OfType<IsoFlop>()];
        return new IsoFlop([.. budgets.Select(runs => IsoFlopValley.Of(runs, options.Parameters))], options)
        {
            Dropped = draws - drawn.Length,
            ParametersInterval = Interval.Middle(drawn.Select(one => one.Parameters.Exponent), options.Confidence),
            TokensInterval = Interval.Middle(drawn.Select(one => one.Tokens.Exponent), options.Confidence),
        };
    }

    /// <summary>
    /// How far off these valleys would be if a law held without any scatter: parabolas through the law's own losses at the same sizes, against its true optimum.
    /// </summary>
    /// <param name="law">The law, fitted to the same runs.</param>
    /// <returns>The exponents that parabolas find less the true ones, and for each valley the size at its lowest point over the best size.</returns>
    public IsoFlopBias Bias(ChinchillaLaw law)
    {
        ArgumentNullException.ThrowIfNull(law);
        List<IsoFlopValley> valleys = [];
        List<double> ratios = [];
        foreach (IsoFlopValley valley in Valleys)
        {
            IsoFlopValley ideal = IsoFlopValley.Of([.. valley.Points.Select(point => point with { Loss = law.Loss(LawInput.Of(point, _options.Parameters)) })], _options.Parameters);
            valleys.Add(ideal);
            ratios.Add(ideal.BestParameters / law.OptimalParameters(ideal.Flops, ideal.PerParameterToken));
        }

        ((double, double Exponent) parameters, (double, double Exponent) tokens) = Exponents(valleys);
        return new IsoFlopBias(parameters.Exponent - law.ParametersExponent, tokens.Exponent - law.TokensExponent, ratios);
    }

    private static int Sizes(IReadOnlyList<ScalingPoint> runs, ParameterCount count) =>
        LawData.Distinct(runs.Select(point => Math.Log(LawInput.Of(point, count).Parameters)));

    private static IsoFlop? Drawn(ScalingPoint[][] budgets, int replicate, FitOptions options)
    {
        KeyedDraws draws = new(KeyedDraws.Key(options.Seed, replicate));
        List<IsoFlopValley> valleys = [];
        foreach (ScalingPoint[] runs in budgets)
        {
            ScalingPoint[] drawn = new ScalingPoint[runs.Length];
            for (int i = 0; i < drawn.Length; i++)
                drawn[i] = runs[draws.Next(runs.Length)];
            if (Sizes(drawn, options.Parameters) >= LeastSizes)
                valleys.Add(IsoFlopValley.Of(drawn, options.Parameters));
        }

        return valleys.Count(valley => valley.IsWithin) < 2 ? null : new IsoFlop(valleys, options);
    }

    // Straight lines through logarithms by least squares, of valleys whose lowest point is no extrapolation.
    private static ((double, double) Parameters, (double, double) Tokens) Exponents(IReadOnlyList<IsoFlopValley> valleys)
    {
        IsoFlopValley[] found = [.. valleys.Where(valley => valley.IsWithin)];
        return (Line(valley => valley.BestParameters), Line(valley => valley.BestTokens));

        (double, double) Line(Func<IsoFlopValley, double> best)
        {
            if (found.Length < 2)
                return (double.NaN, double.NaN);
            double[] x = [.. found.Select(valley => Math.Log(valley.Flops))], y = [.. found.Select(valley => Math.Log(best(valley)))];
            (double meanX, double meanY) = (x.Average(), y.Average());
            double slope = x.Zip(y, (a, b) => (a - meanX) * (b - meanY)).Sum() / x.Sum(a => (a - meanX) * (a - meanX));
            return (meanY - (slope * meanX), slope);
        }
    }
}

/// <summary>How far parabolas are off where a law is known.</summary>
/// <param name="ParametersExponent">The exponent a that they find less the true one.</param>
/// <param name="TokensExponent">The exponent b that they find less the true one.</param>
/// <param name="SizeRatios">For each valley the size that they find over the best size.</param>
public sealed record IsoFlopBias(double ParametersExponent, double TokensExponent, IReadOnlyList<double> SizeRatios);
