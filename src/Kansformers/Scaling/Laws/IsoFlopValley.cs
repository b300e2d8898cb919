namespace Kansformers.Scaling;

/// <summary>The runs of one budget of operations and the parabola L = c₀ + c₁ x + c₂ x² in x = log N − centre through their losses.</summary>
public sealed class IsoFlopValley
{
    private readonly double _centre, _c0, _c1, _c2;

    private IsoFlopValley(IReadOnlyList<ScalingPoint> points, double[] logSizes)
    {
        (Points, _centre) = (points, logSizes.Average());
        double[] x = [.. logSizes.Select(size => size - _centre)], y = [.. points.Select(point => point.Loss)];
        (_c0, _c1, _c2) = Parabola(x, y);
        Flops = Math.Exp(points.Average(point => Math.Log(ScalingRuns.Flops(point))));
        (SmallestParameters, LargestParameters) = (Math.Exp(logSizes.Min()), Math.Exp(logSizes.Max()));
        PerParameterToken = Math.Exp(points.Zip(logSizes, (point, size) => Math.Log(ScalingRuns.Flops(point)) - size - Math.Log(point.Tokens)).Average());
    }

    /// <summary>The runs.</summary>
    public IReadOnlyList<ScalingPoint> Points { get; }

    /// <summary>The budget: the geometric mean of the operations of the runs.</summary>
    public double Flops { get; }

    /// <summary>The operations for each parameter and token, the geometric mean of the runs.</summary>
    public double PerParameterToken { get; }

    /// <summary>The smallest size.</summary>
    public double SmallestParameters { get; }

    /// <summary>The largest size.</summary>
    public double LargestParameters { get; }

    /// <summary>The size at the lowest point; NaN where the parabola has none.</summary>
    public double BestParameters => _c2 > 0 ? Math.Exp(_centre - (_c1 / (2 * _c2))) : double.NaN;

    /// <summary>The tokens that the budget allows that size.</summary>
    public double BestTokens => Flops / (PerParameterToken * BestParameters);

    /// <summary>The loss at the lowest point.</summary>
    public double BestLoss => Loss(BestParameters);

    /// <summary>Whether the lowest point lies within the sizes, so that it is seen and not guessed.</summary>
    public bool IsWithin => BestParameters >= SmallestParameters && BestParameters <= LargestParameters;

    /// <summary>The parabola's loss.</summary>
    /// <param name="parameters">The size.</param>
    public double Loss(double parameters)
    {
        double x = Math.Log(parameters) - _centre;
        return _c0 + (x * (_c1 + (x * _c2)));
    }

    internal static IsoFlopValley Of(IReadOnlyList<ScalingPoint> points, ParameterCount count) =>
        new(points, [.. points.Select(point => Math.Log(LawInput.Of(point, count).Parameters))]);

    // Least squares on 1, x and x², made orthogonal one after the other.
    private static (double, double, double) Parabola(double[] x, double[] y)
    {
        double n = x.Length, mean = y.Average(), square = x.Sum(a => a * a) / n, xx = square * n;
        double shift = x.Sum(a => a * a * a) / xx;
        double[] second = [.. x.Select(a => (a * a) - (shift * a) - square)];
        double slope = x.Zip(y, (a, b) => a * b).Sum() / xx, bend = second.Zip(y, (a, b) => a * b).Sum() / second.Sum(a => a * a);
        return (mean - (bend * square), slope - (bend * shift), bend);
    }
}
