namespace Kansformers.Inspection;

/// <summary>
/// A curve's samples in their own measure: u from -1 to 1 instead of x, v of mean 0 and largest magnitude 1 instead of y. Whatever units a curve has, a search then sees
/// the same numbers.
/// </summary>
internal sealed class CurveSamples
{
    private const int MostForSearch = 128;

    private readonly double _centre, _halfWidth, _mean, _scale, _lowest, _highest;

    public CurveSamples(ReadOnlySpan<double> x, ReadOnlySpan<double> y, CurveFitOptions options)
    {
        (double low, double high) = Ends(x);
        (double lowest, double highest) = Ends(y);
        // Halves first: the sum of two of the largest numbers is none.
        (_centre, _halfWidth) = (low / 2 + high / 2, high / 2 - low / 2);
        double middle = lowest / 2 + highest / 2;
        (U, V) = (new double[x.Length], new double[x.Length]);
        double largest = Math.Max(highest - middle, middle - lowest), sum = 0;
        for (int at = 0; at < x.Length; at++)
        {
            U[at] = _halfWidth > 0 ? (x[at] - _centre) / _halfWidth : 0;
            V[at] = largest > 0 ? (y[at] - middle) / largest : 0;
            sum += V[at];
        }

        double mean = x.Length == 0 ? 0 : sum / x.Length;
        for (int at = 0; at < V.Length; at++)
            V[at] -= mean;
        (_mean, _scale) = (middle + mean * largest, largest);
        // What is left of a constant after rounding is no curve.
        IsConstant = x.Length < 2 || largest <= 1e-14 * Math.Max(Math.Abs(lowest), Math.Abs(highest));
        IsPlace = _halfWidth <= 1e-14 * Math.Max(Math.Abs(low), Math.Abs(high));
        (_lowest, _highest) = (Math.Min(low, options.RangeLow ?? low), Math.Max(high, options.RangeHigh ?? high));
        Low = IsPlace ? 0 : Math.Min(-1, (_lowest - _centre) / _halfWidth);
        High = IsPlace ? 0 : Math.Max(1, (_highest - _centre) / _halfWidth);
    }

    private CurveSamples(double[] u, double[] v, CurveSamples of)
    {
        (U, V, Low, High, _centre, _halfWidth, _mean, _scale) = (u, v, of.Low, of.High, of._centre, of._halfWidth, of._mean, of._scale);
        (_lowest, _highest) = (of._lowest, of._highest);
        double mean = v.Average();
        for (int at = 0; at < v.Length; at++)
            v[at] -= mean;
    }

    /// <summary>x, from -1 to 1.</summary>
    public double[] U { get; }

    /// <summary>y, of mean 0.</summary>
    public double[] V { get; }

    /// <summary>Where formulas must be defined, in u: -1 or lower.</summary>
    public double Low { get; }

    /// <summary>1 or higher.</summary>
    public double High { get; }

    /// <summary>Every y is the same.</summary>
    public bool IsConstant { get; }

    /// <summary>Every x is the same.</summary>
    public bool IsPlace { get; }

    /// <summary>Some of the samples, spread evenly over the sorted x with both ends among them: enough to tell good starts from poor ones.</summary>
    public CurveSamples Fewer()
    {
        if (U.Length <= MostForSearch)
            return this;
        (double[] sorted, double[] values) = ((double[])U.Clone(), (double[])V.Clone());
        Array.Sort(sorted, values);
        (double[] u, double[] v) = (new double[MostForSearch], new double[MostForSearch]);
        for (int at = 0; at < MostForSearch; at++)
        {
            int from = (int)((long)at * (U.Length - 1) / (MostForSearch - 1));
            (u[at], v[at]) = (sorted[from], values[from]);
        }

        return new CurveSamples(u, v, this);
    }

    /// <summary>Whether α u + β stays in a function's domain.</summary>
    public bool IsDefined(EdgeFunction function, double alpha, double beta)
    {
        double first = alpha * Low + beta, second = alpha * High + beta;
        return double.IsFinite(first) && double.IsFinite(second) && function.IsDefined(Math.Min(first, second), Math.Max(first, second));
    }

    /// <summary>What α, β, γ, δ in u and v are in x and y. Where rounding takes an argument at an end out of the domain, all are drawn to the middle by as little as brings it back.</summary>
    public EdgeFormula InUnits(EdgeFunction function, double alpha, double beta, double gamma, double delta)
    {
        double a = _halfWidth > 0 ? alpha / _halfWidth : 0, b = beta - a * _centre, middle = a * (_lowest / 2 + _highest / 2) + b;
        for (double share = 4e-16; share < 1e-6 && !IsDefinedAtEnds(); share *= 4)
            (a, b) = (a * (1 - share), b + share * (middle - b));
        return new EdgeFormula(function, a, b, gamma * _scale, delta * _scale + _mean);

        bool IsDefinedAtEnds()
        {
            double first = a * _lowest + b, second = a * _highest + b;
            return function.IsDefined(Math.Min(first, second), Math.Max(first, second));
        }
    }

    private static (double Low, double High) Ends(ReadOnlySpan<double> values)
    {
        (double low, double high) = values.Length == 0 ? (0, 0) : (values[0], values[0]);
        foreach (double value in values)
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
        return (low, high);
    }
}
