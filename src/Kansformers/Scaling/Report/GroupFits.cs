namespace Kansformers.Scaling;

/// <summary>A run of the size that was kept out of the fits, and what they expect of it.</summary>
/// <param name="Point">The run.</param>
/// <param name="Prediction">What the law expects, its intervals too.</param>
public sealed record HeldOutRun(ScalingPoint Point, LawPrediction Prediction)
{
    /// <summary>Whether the measured loss lies in the interval of a run.</summary>
    public bool IsWithin => Prediction.Run.Contains(Point.Loss);

    /// <summary>The measured loss over the expected one, less 1.</summary>
    public double Difference => (Point.Loss / Prediction.Loss) - 1;
}

/// <summary>All that is fitted to the runs of one kind of model. What the runs do not suffice for is null, and <see cref="Missing"/> says why.</summary>
public sealed class GroupFits
{
    private readonly List<string> _missing = [];

    internal GroupFits(string name, IReadOnlyList<ScalingPoint> points, ScalingReportOptions options)
    {
        (Name, Points) = (name, points);
        FlopsPerParameterToken = Median(points.Select(point => ScalingRuns.Flops(point) / (point.Parameters * point.Tokens)));
        FitOptions fit = options.Fit with { Parameters = ParameterCount.All };
        IReadOnlyList<ScalingPoint> held = options.HoldOutLargest ? Largest(points) : [];
        (Chinchilla, HeldOutPoints) = WithoutLargest([.. Without(points, held)], held, fit);
        IReadOnlyList<ScalingPoint> fitted = Fitted = [.. Without(points, HeldOutPoints)];
        HeldOut = Chinchilla is null ? [] : [.. HeldOutPoints.Select(point => new HeldOutRun(point, Chinchilla.Predict(LawInput.Of(point))))];
        if (Chinchilla is not null)
        {
            List<LawFit<ChinchillaLaw>> others = [];
            foreach (ParameterCount count in Counts(fitted).Skip(1))
            {
                if (Try(() => ChinchillaLaw.Fit(fitted, fit with { Parameters = count }), NameOf(count)) is { } other)
                    others.Add(other);
            }

            OtherCounts = others;
            OptimizersDiffer = Differ(Chinchilla);
        }

        // Kaplan's own size leaves embeddings out, where they are known.
        ParameterCount size = Counts(fitted).Contains(ParameterCount.WithoutEmbeddings) ? ParameterCount.WithoutEmbeddings : ParameterCount.All;
        Kaplan = Try(() => KaplanLaw.Fit(fitted, fit with { Parameters = size }), "Kaplan's law");
        List<LawFit<PowerLaw>> powers = [];
        foreach (ScalingVariable variable in Enum.GetValues<ScalingVariable>())
        {
            IReadOnlyList<ScalingPoint> runs = ScalingRuns.Frontier(fitted, variable, size);
            FitOptions of = fit with { Parameters = size, LeaveOutHighest = 0 };
            if (Try(() => PowerLaw.Fit(runs, variable, false, of), $"power law of {NameOf(variable)}, with or without an irreducible part") is not { } plain)
                continue; // runs that do not suffice for two coefficients do not for three
            powers.Add(plain);
            if (Try(() => PowerLaw.Fit(runs, variable, true, of), $"power law of {NameOf(variable)} with an irreducible part") is { } power)
                powers.Add(power);
        }

        Powers = powers;
        IsoFlop = Try(() => IsoFlop.Fit(fitted, fit), "equal budgets");
        IsoFlopBias = Chinchilla is not null && IsoFlop is not null ? IsoFlop.Bias(Chinchilla.Law) : null;
    }

    /// <summary>The name of the kind of model.</summary>
    public string Name { get; }

    /// <summary>Its runs.</summary>
    public IReadOnlyList<ScalingPoint> Points { get; }

    /// <summary>The runs that laws were fitted to.</summary>
    public IReadOnlyList<ScalingPoint> Fitted { get; }

    /// <summary>The runs of the largest size, kept out; none where the others did not suffice without them.</summary>
    public IReadOnlyList<ScalingPoint> HeldOutPoints { get; }

    /// <summary>What the law expects of them.</summary>
    public IReadOnlyList<HeldOutRun> HeldOut { get; }

    /// <summary>The operations for each parameter and token, the median of the runs; 6 for linear layers.</summary>
    public double FlopsPerParameterToken { get; }

    /// <summary>E + A/N^α + B/D^β with all parameters as N.</summary>
    public LawFit<ChinchillaLaw>? Chinchilla { get; }

    /// <summary>The same with other counts of parameters, as far as the runs tell them.</summary>
    public IReadOnlyList<LawFit<ChinchillaLaw>> OtherCounts { get; } = [];

    /// <summary>How far the lowest sums of the two optimizers are apart, of their size; some 1e-12 where they agree.</summary>
    public double OptimizersDiffer { get; }

    /// <summary>Kaplan's law of size and tokens.</summary>
    public LawFit<KaplanLaw>? Kaplan { get; }

    /// <summary>Power laws of size, tokens and operations, without and with an irreducible part.</summary>
    public IReadOnlyList<LawFit<PowerLaw>> Powers { get; }

    /// <summary>The valleys of equal budgets.</summary>
    public IsoFlop? IsoFlop { get; }

    /// <summary>How far those are off if the law holds.</summary>
    public IsoFlopBias? IsoFlopBias { get; }

    /// <summary>Of which laws how many fits to resampled runs were dropped; none where all were kept.</summary>
    public IReadOnlyList<(string Law, int Dropped)> Dropped
    {
        get
        {
            LawFit<ChinchillaLaw>?[] chinchilla = [Chinchilla, .. OtherCounts];
            (string, int)[] all =
            [
                .. chinchilla.OfType<LawFit<ChinchillaLaw>>().Select(fit => ($"L(N, D), {NameOf(fit.Options.Parameters)}", fit.Dropped)),
                .. Kaplan is null ? [] : new[] { ("Kaplan's law", Kaplan.Dropped) },
                .. Powers.Select(fit => ($"the power law of {NameOf(fit.Law.Variable)}{(fit.Law.HasIrreducible ? " with an irreducible part" : "")}", fit.Dropped)),
                .. IsoFlop is null ? [] : new[] { ("equal budgets", IsoFlop.Dropped) },
            ];
            return [.. all.Where(one => one.Item2 > 0)];
        }
    }

    /// <summary>What could not be fitted, and why, a sentence each.</summary>
    public IReadOnlyList<string> Missing => _missing;

    /// <summary>Whether a run was kept out of the fits.</summary>
    internal bool IsHeldOut(ScalingPoint point) => HeldOutPoints.Any(held => ReferenceEquals(held, point));

    internal static string NameOf(ParameterCount count) => count switch
    {
        ParameterCount.WithoutEmbeddings => "without embeddings",
        ParameterCount.Live => "live parameters",
        _ => "all parameters",
    };

    private static string NameOf(ScalingVariable variable) => variable switch
    {
        ScalingVariable.Parameters => "size",
        ScalingVariable.Tokens => "tokens",
        _ => "operations",
    };

    // By reference: two runs may agree in every number.
    private static IEnumerable<ScalingPoint> Without(IReadOnlyList<ScalingPoint> points, IReadOnlyList<ScalingPoint> left)
    {
        HashSet<ScalingPoint> gone = new(left, ReferenceEqualityComparer.Instance);
        return points.Where(point => !gone.Contains(point));
    }

    // The ways of counting that all runs tell.
    private static IEnumerable<ParameterCount> Counts(IReadOnlyList<ScalingPoint> points)
    {
        yield return ParameterCount.All;
        if (points.All(point => point.EmbeddingParameters > 0 && point.EmbeddingParameters < point.Parameters))
            yield return ParameterCount.WithoutEmbeddings;
        if (points.All(point => point.LiveParameters > 0) && points.Any(point => point.LiveParameters != point.Parameters))
            yield return ParameterCount.Live;
    }

    private static IReadOnlyList<ScalingPoint> Largest(IReadOnlyList<ScalingPoint> points) =>
        ScalingRuns.Clusters(points, point => point.Parameters) is { Count: > 1 } sizes ? sizes[^1] : [];

    private (LawFit<ChinchillaLaw>? Fit, IReadOnlyList<ScalingPoint> Held) WithoutLargest(
        IReadOnlyList<ScalingPoint> fitted, IReadOnlyList<ScalingPoint> held, FitOptions options)
    {
        if (held.Count == 0)
            return (Try(() => ChinchillaLaw.Fit(fitted, options), "L(N, D)"), []);
        try
        {
            return (ChinchillaLaw.Fit(fitted, options), held);
        }
        catch (KansformersException without)
        {
            try
            {
                LawFit<ChinchillaLaw> all = ChinchillaLaw.Fit([.. fitted, .. held], options);
                _missing.Add($"The largest size was not held out: {without.Message}.");
                return (all, []);
            }
            catch (KansformersException with)
            {
                _missing.Add($"L(N, D): {with.Message}.");
                return (null, []);
            }
        }
    }

    private T? Try<T>(Func<T> fit, string what)
        where T : class
    {
        try
        {
            return fit();
        }
        catch (KansformersException failure)
        {
            _missing.Add($"{char.ToUpperInvariant(what[0])}{what[1..]}: {failure.Message}.");
            return null;
        }
    }

    // The other optimizer on the same runs; a ninth of the published starts, 500, end in the same place.
    private static double Differ(LawFit<ChinchillaLaw> fit)
    {
        ChinchillaForm form = new();
        bool grid = fit.Options.Optimizer == LawOptimizer.VariableProjection;
        FitOptions other = fit.Options with { Optimizer = grid ? LawOptimizer.GridOfStarts : LawOptimizer.VariableProjection };
        double elsewhere = LawFitter.Best(form, LawData.Of(fit.Points, form, other.Parameters), other, every: grid ? 9 : 1).Objective;

        // Below, the law fits to the rounding of the losses, and what the optimizers leave is rounding, too.
        return Math.Max(elsewhere, fit.Objective) < 1e-10 ? 0 : Math.Abs(elsewhere - fit.Objective) / Math.Max(elsewhere, fit.Objective);
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? double.NaN : 0.5 * (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]);
    }
}
