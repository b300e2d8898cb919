namespace Kansformers.Scaling;

/// <summary>How a law is fitted to runs.</summary>
public sealed record FitOptions
{
    /// <summary>Which parameters are the size N.</summary>
    public ParameterCount Parameters { get; init; }

    /// <summary>Where Huber's loss on the difference of logarithms of losses turns from squares to absolute values; 1e-3 in the published fits.</summary>
    public double Delta { get; init; } = 1e-3;

    /// <summary>How the best coefficients are looked for.</summary>
    public LawOptimizer Optimizer { get; init; }

    /// <summary>How many runs of the highest losses are left out; the published refit of Chinchilla's runs left out 5 of 245.</summary>
    public int LeaveOutHighest { get; init; }

    /// <summary>How many times the fit is repeated on resampled runs, for intervals; 0 for none.</summary>
    public int Bootstraps { get; init; } = 1000;

    /// <summary>What is resampled.</summary>
    public Resampling Resampling { get; init; }

    /// <summary>How many of the repeated fits an interval holds.</summary>
    public double Confidence { get; init; } = 0.95;

    /// <summary>The seed of the resampling.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Checks every option.</summary>
    /// <exception cref="KansformersException">The message names the option, its value and what is allowed.</exception>
    public void Validate()
    {
        Require(Delta > 0 && double.IsFinite(Delta), "delta", Delta, "above 0");
        Require(LeaveOutHighest >= 0, "leave out highest", LeaveOutHighest, "0 or more");
        Require(Bootstraps is 0 or (>= 20 and <= 1_000_000), "bootstraps", Bootstraps, "0, or 20 to 1000000");
        Require(Confidence is > 0 and < 1, "confidence", Confidence, "between 0 and 1");
    }

    private static void Require(bool holds, string name, double value, string allowed)
    {
        if (!holds)
            throw new KansformersException(FormattableString.Invariant($"{name} is {value}; it must be {allowed}"));
    }
}

/// <summary>How the coefficients of a law are looked for; both ways end in L-BFGS.</summary>
public enum LawOptimizer
{
    /// <summary>
    /// For given exponents the other coefficients are found by weighted least squares with none below 0, so that the exponents alone are searched
    /// (<see cref="ChinchillaLaw"/>; other laws have few coefficients and take their grid of starts).
    /// </summary>
    VariableProjection,

    /// <summary>From each of the published starts, 4500 of them for <see cref="ChinchillaLaw"/>.</summary>
    GridOfStarts,
}

/// <summary>What a bootstrap draws anew.</summary>
public enum Resampling
{
    /// <summary>
    /// How much each run counts: a weight from an exponential distribution (Rubin, "The Bayesian Bootstrap", 1981) in place of how often it was drawn, so that every size
    /// stays in every draw. Assumes nothing of how losses scatter.
    /// </summary>
    Runs,

    /// <summary>
    /// The fit's residuals, with replacement, each made larger by √(n/(n − coefficients)) for what the fit took away and moved by a normal number of Silverman's width, since
    /// residuals alone are too often 0 (De Angelis, Hall and Young, "Analytical and Bootstrap Approximations to Estimator Distributions in L1 Regression", 1993). Assumes
    /// that the logarithms of all losses scatter alike.
    /// </summary>
    Residuals,
}
