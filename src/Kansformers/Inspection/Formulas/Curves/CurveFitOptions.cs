namespace Kansformers.Inspection;

/// <summary>Which functions are tried on a curve, and what counts for how much.</summary>
public sealed record CurveFitOptions
{
    /// <summary>The functions to try; those of <see cref="EdgeFunction.All"/> unless set.</summary>
    public IReadOnlyList<EdgeFunction> Functions { get; init; } = EdgeFunction.All;

    /// <summary>
    /// w, from 0 to 1, of the score w · complexity + (1 - w) · log2(1 - r2 + 1e-5), as pykan weighs them: at 0 the best fit wins, at 1 the simplest function.
    /// pykan's own weight, 0.8, takes a line for everything that is not fitted well; a lower one suits curves that were fitted closely.
    /// </summary>
    public double SimplicityWeight { get; init; } = 0.8;

    /// <summary>Where a formula must be defined beyond its samples, such as the whole range of an edge's grid: the lower end; null for the samples' own.</summary>
    public double? RangeLow { get; init; }

    /// <summary>The upper end of that range.</summary>
    public double? RangeHigh { get; init; }

    /// <summary>Checks the options.</summary>
    /// <exception cref="KansformersException">One is invalid; the message names it.</exception>
    public void Validate()
    {
        if (Functions is null || Functions.Count == 0)
            throw new KansformersException($"{nameof(CurveFitOptions)}.{nameof(Functions)} is empty; name at least one function");
        if (!(SimplicityWeight is >= 0 and <= 1))
            throw new KansformersException($"{nameof(CurveFitOptions)}.{nameof(SimplicityWeight)} is {SimplicityWeight}; it can be from 0 to 1");
        if (!(double.IsFinite(RangeLow ?? 0) && double.IsFinite(RangeHigh ?? 0)))
            throw new KansformersException($"{nameof(CurveFitOptions)}.{nameof(RangeLow)} and {nameof(RangeHigh)} must be numbers");
    }
}
