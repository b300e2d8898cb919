namespace Kansformers.Inspection;

/// <summary>Samples against f(α u + β), with the best γ and δ: what linear regression leaves is a function of α and β alone (variable projection, Golub and Pereyra, 1973).</summary>
internal sealed class CurveMatch(EdgeFunction function, CurveSamples samples)
{
    // How little of a function may be left without its mean before rounding decides.
    private const double LeastShare = 1e-20;

    private readonly double[] _values = new double[samples.U.Length], _slopes = new double[samples.U.Length];
    private readonly double _total = DotOf(samples.V, samples.V);

    public double Gamma { get; private set; }

    /// <summary>The mean of f, so that the formula is γ (f - mean).</summary>
    public double Mean { get; private set; }

    /// <summary>How many bits of f its own mean takes: log2 of the largest |f| over the largest |f - mean|. Of the last <see cref="Loss"/>.</summary>
    public double LostBits
    {
        get
        {
            (double whole, double rest) = (0, 0);
            foreach (double value in _values)
                (whole, rest) = (Math.Max(whole, Math.Abs(value + Mean)), Math.Max(rest, Math.Abs(value)));
            return rest > 0 ? Math.Log2(whole / rest) : 0;
        }
    }

    /// <summary>Σ (v - γ (f - mean))² as a share of Σ v²; 1 where the function has no value or does not change.</summary>
    public double Loss(double alpha, double beta)
    {
        Gamma = 0;
        if (!samples.IsDefined(function, alpha, beta))
            return 1;
        double sum = 0, squares = 0;
        for (int at = 0; at < _values.Length; at++)
        {
            double value = function.Value(alpha * samples.U[at] + beta);
            _values[at] = value;
            sum += value;
            squares += value * value;
        }

        // A value that is none, or too large to be squared.
        if (!double.IsFinite(squares))
            return 1;
        double mean = sum / _values.Length, own = 0, common = 0;
        for (int at = 0; at < _values.Length; at++)
        {
            double value = _values[at] - mean;
            _values[at] = value;
            own += value * value;
            common += value * samples.V[at];
        }

        if (own <= LeastShare * squares || own == 0)
            return 1;
        (Gamma, Mean) = (common / own, mean);
        double left = 0;
        for (int at = 0; at < _values.Length; at++)
        {
            double rest = samples.V[at] - Gamma * _values[at];
            left += rest * rest;
        }

        return double.IsFinite(Gamma) && left < _total ? left / _total : 1;
    }

    /// <summary>
    /// For the last <see cref="Loss"/>: Jᵀ J and Jᵀ r of the rest r by α and β, in Kaufman's (1975) shorter form: the derivative of γ f with γ kept, less what γ and δ take of it.
    /// </summary>
    /// <returns>αα, αβ, ββ, αr, βr.</returns>
    public (double AA, double AB, double BB, double AR, double BR) Equations(double alpha, double beta)
    {
        double own = 0, meanA = 0, meanB = 0, commonA = 0, commonB = 0;
        for (int at = 0; at < _values.Length; at++)
        {
            double u = samples.U[at], byBeta = Gamma * function.Slope(alpha * u + beta), byAlpha = byBeta * u, value = _values[at];
            _slopes[at] = byBeta;
            meanA += byAlpha;
            meanB += byBeta;
            own += value * value;
            commonA += byAlpha * value;
            commonB += byBeta * value;
        }

        (meanA, meanB, commonA, commonB) = (meanA / _values.Length, meanB / _values.Length, commonA / own, commonB / own);
        (double aa, double ab, double bb, double ar, double br) = (0, 0, 0, 0, 0);
        for (int at = 0; at < _values.Length; at++)
        {
            double value = _values[at], rest = samples.V[at] - Gamma * value;
            double byAlpha = _slopes[at] * samples.U[at] - meanA - commonA * value, byBeta = _slopes[at] - meanB - commonB * value;
            aa += byAlpha * byAlpha;
            ab += byAlpha * byBeta;
            bb += byBeta * byBeta;
            ar += byAlpha * rest;
            br += byBeta * rest;
        }

        return (aa, ab, bb, ar, br);
    }

    private static double DotOf(double[] a, double[] b)
    {
        double sum = 0;
        for (int at = 0; at < a.Length; at++)
            sum += a[at] * b[at];
        return sum;
    }
}
