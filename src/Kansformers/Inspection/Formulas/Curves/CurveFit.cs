namespace Kansformers.Inspection;

/// <summary>
/// Fits c f(a x + b) + d to a curve that is known by samples. c and d are linear regression's; a and b are searched for as <see cref="EdgeFunction.Search"/> says, on few
/// samples, and the best improved by damped Gauss-Newton steps on all of them. Nothing is random; the same samples give the same numbers.
/// </summary>
public static class CurveFit
{
    private const double Closest = 1e-5; // pykan's: more than 17 bits of fit count for nothing
    private const double FreeBits = 7; // that a function may lose to its own mean: a sine seen for 0.4 around its crest loses as many
    private const int SearchSteps = 10, LastSteps = 60;
    private const double SearchGain = 1e-3, LastGain = 1e-12;

    /// <summary>The best fit of one function.</summary>
    /// <param name="function">The function.</param>
    /// <param name="x">What enters the edge.</param>
    /// <param name="y">What leaves it, as many.</param>
    /// <param name="options">Where it must be defined, and the weight of its score; null for the usual ones.</param>
    /// <returns>The fit; null when the function cannot be defined on all of the range, or none of its values is a number.</returns>
    /// <exception cref="ArgumentException">There are no samples, not as many x as y, or something that is no number.</exception>
    public static EdgeFit? Fit(EdgeFunction function, ReadOnlySpan<double> x, ReadOnlySpan<double> y, CurveFitOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        options ??= new CurveFitOptions();
        CurveSamples samples = Samples(x, y, options);
        return Fit(function, samples, samples.Fewer(), options);
    }

    /// <summary>
    /// Fits all functions and orders them by <see cref="EdgeFit.Score"/>: w · complexity + (1 - w) · (log2(1 - r2 + 1e-5) + lost), pykan's but for the bits lost, with w the
    /// options' weight of simplicity. Bits are lost where c f and d are far greater than the curve and cancel, as when a cosine of next to no frequency stands for a square;
    /// seven are free.
    /// The function 0 is offered for constant curves alone, where it comes first.
    /// </summary>
    /// <param name="x">What enters the edge.</param>
    /// <param name="y">What leaves it, as many.</param>
    /// <param name="options">Which functions, and how they are weighed; null for the usual ones.</param>
    /// <returns>The fits, the best first; of functions that are as good, the one that is listed first.</returns>
    /// <exception cref="ArgumentException">There are no samples, not as many x as y, or something that is no number.</exception>
    /// <exception cref="KansformersException">An option is invalid.</exception>
    public static IReadOnlyList<EdgeFit> Suggest(ReadOnlySpan<double> x, ReadOnlySpan<double> y, CurveFitOptions? options = null)
    {
        options ??= new CurveFitOptions();
        options.Validate();
        CurveSamples samples = Samples(x, y, options), fewer = samples.Fewer();
        List<EdgeFit> fits = [];
        foreach (EdgeFunction function in options.Functions)
        {
            bool zero = function.Complexity == 0 && function.Search == CurveSearch.Line;
            if ((!zero || samples.IsConstant) && Fit(function, samples, fewer, options) is EdgeFit fit)
                fits.Add(fit);
        }

        return [.. fits.OrderBy(fit => fit.Score)];
    }

    private static EdgeFit? Fit(EdgeFunction function, CurveSamples samples, CurveSamples fewer, CurveFitOptions options)
    {
        if (samples.IsConstant || samples.IsPlace)
            return Scored(Constant(function, samples), samples.IsConstant ? 1 : 0, 0, options);
        CurveMatch quick = new(function, fewer), match = ReferenceEquals(samples, fewer) ? quick : new(function, samples);
        // A step lies between two of all samples, not of some.
        IReadOnlyList<CurveStart> starts = function.Search == CurveSearch.Step ? CurveStarts.Of(function, match, samples) : CurveStarts.Of(function, quick, fewer);
        CurveStart best = new(0, 0, 1);
        foreach (CurveStart start in starts)
        {
            CurveStart lower = CurveDescent.Run(function, quick, start, SearchSteps, SearchGain);
            if (lower.Loss < best.Loss)
                best = lower;
        }

        best = CurveDescent.Run(function, match, best, LastSteps, LastGain);
        double loss = match.Loss(best.Alpha, best.Beta);
        if (loss < 1)
            return Scored(samples.InUnits(function, best.Alpha, best.Beta, match.Gamma, -match.Gamma * match.Mean), 1 - loss, match.LostBits, options);
        return Constant(function, samples) is EdgeFormula flat && double.IsFinite(function.Value(flat.B)) ? Scored(flat, 0, 0, options) : null;
    }

    // γ is 0; β is where the function has a value, for 0 times none is none.
    private static EdgeFormula Constant(EdgeFunction function, CurveSamples samples)
    {
        double beta = ((ReadOnlySpan<double>)[0, 1, 0.5, -1, -0.5]).ToArray().FirstOrDefault(argument => function.IsDefined(argument, argument) && double.IsFinite(function.Value(argument)));
        return samples.InUnits(function, 0, beta, 0, 0);
    }

    private static EdgeFit Scored(EdgeFormula formula, double r2, double lostBits, CurveFitOptions options) =>
        new(formula, r2, options.SimplicityWeight * formula.Function.Complexity + (1 - options.SimplicityWeight) * (Math.Log2(1 - r2 + Closest) + Math.Max(0, lostBits - FreeBits)));

    private static CurveSamples Samples(ReadOnlySpan<double> x, ReadOnlySpan<double> y, CurveFitOptions options)
    {
        if (x.Length == 0 || x.Length != y.Length)
            throw new ArgumentException($"there are {x.Length} x and {y.Length} y; a curve has as many of both, one at least", nameof(y));
        if (!AllNumbers(x) || !AllNumbers(y))
            throw new ArgumentException("a sample is no number", AllNumbers(x) ? nameof(y) : nameof(x));
        return new CurveSamples(x, y, options);
    }

    private static bool AllNumbers(ReadOnlySpan<double> values)
    {
        foreach (double value in values)
        {
            if (!double.IsFinite(value))
                return false;
        }

        return true;
    }
}
