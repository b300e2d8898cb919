using Kansformers.Numerics;

namespace Kansformers.Scaling;

/// <summary>Fits any law: the lowest sum of Huber's losses that L-BFGS reaches from all of a law's starts, then again on resampled runs.</summary>
internal static class LawFitter
{
    public static LawFit<TLaw> Fit<TLaw>(LawForm<TLaw> form, IReadOnlyList<ScalingPoint> points, FitOptions? options)
        where TLaw : ScalingLaw
    {
        ArgumentNullException.ThrowIfNull(points);
        options ??= new FitOptions();
        options.Validate();
        points = LeftIn(points, options.LeaveOutHighest);
        LawData data = LawData.Of(points, form, options.Parameters);
        (double[] at, double objective) = Best(form, data, options);
        TLaw law = form.Law(at, data);
        if (!IsFinite(law, data))
            throw new KansformersException("no law was found: the losses of these runs do not fall as a power of anything, so that exponents run away");
        return new LawFit<TLaw>(law, options, points, objective, form.Coefficients)
        {
            Replicates = Bootstrap.Run(form, data, at, options),
        };
    }

    /// <summary>The best free numbers and the sum of Huber's losses there, from each start or each so many-th.</summary>
    public static (double[] At, double Objective) Best<TLaw>(LawForm<TLaw> form, LawData data, FitOptions options, int every = 1)
        where TLaw : ScalingLaw
    {
        IEnumerable<double[]> starts = options.Optimizer == LawOptimizer.VariableProjection && form is ChinchillaForm
            ? VariableProjection.Lowest(data, options.Delta) : form.Starts(data);

        // Each start by itself, then compared in their order: the same on any number of threads.
        double[][] reached = [.. starts.Where((_, i) => i % every == 0)];
        double[] values = new double[reached.Length];
        Parallel.For(0, reached.Length, () => (Objective: Sum(form, data, options.Delta), Lbfgs: new Lbfgs(form.Coefficients)), (i, _, own) =>
        {
            values[i] = own.Lbfgs.Minimize(own.Objective, reached[i]);
            return own;
        }, _ => { });
        int best = -1;
        for (int i = 0; i < values.Length; i++)
        {
            if (double.IsFinite(values[i]) && (best < 0 || values[i] < values[best]))
                best = i;
        }

        return best >= 0 ? (reached[best], values[best] * options.Delta * data.Weights.Sum())
            : throw new KansformersException("no law was found: the sizes, tokens or losses of the runs are too far apart for numbers of double precision");
    }

    /// <summary>Whether a law says a loss of each of its own runs; one whose exponents ran away says none.</summary>
    public static bool IsFinite(ScalingLaw law, LawData data) => data.Runs.All(run => double.IsFinite(law.Loss(run)));

    /// <summary>What the best free numbers make small: the mean of Huber's losses over delta, of the size of a residual, however many runs there are. For one thread.</summary>
    public static Objective Sum<TLaw>(LawForm<TLaw> form, LawData data, double delta)
        where TLaw : ScalingLaw
    {
        double[] partial = new double[form.Coefficients];
        double scale = 1 / (delta * data.Weights.Sum());
        return Value;

        double Value(ReadOnlySpan<double> at, Span<double> gradient)
        {
            gradient.Clear();
            double sum = 0;
            for (int i = 0; i < data.Count; i++)
            {
                double weight = scale * data.Weights[i];
                if (weight == 0)
                    continue;
                double residual = data.LogLosses[i] - form.LogLoss(at, data.U[i], data.V[i], partial);
                sum += weight * HuberLoss.Value(residual, delta);
                double pull = weight * HuberLoss.Derivative(residual, delta);
                for (int j = 0; j < partial.Length; j++)
                    gradient[j] -= pull * partial[j];
            }

            return sum;
        }
    }

    // Those of the highest losses go; of equal ones the later.
    private static IReadOnlyList<ScalingPoint> LeftIn(IReadOnlyList<ScalingPoint> points, int leaveOut)
    {
        if (leaveOut == 0)
            return points;
        HashSet<int> left = [.. Enumerable.Range(0, points.Count).OrderBy(i => points[i].Loss).Take(Math.Max(0, points.Count - leaveOut))];
        return [.. points.Where((_, i) => left.Contains(i))];
    }
}
