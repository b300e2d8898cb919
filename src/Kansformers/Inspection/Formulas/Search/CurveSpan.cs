using Kansformers.Numerics;

namespace Kansformers.Inspection;

/// <summary>A function of one input with its a and b: f(a x + b).</summary>
internal sealed record InnerFunction(EdgeFunction Function, double A, double B)
{
    public double Value(double x) => Function.Value(A * x + B);
}

/// <summary>
/// The functions that an input's edges are made of. The curves of several terms are mixed: any mixture computes the same. What is certain is the space that they span,
/// with constants, and a known function either lies in it or does not.
/// </summary>
internal static class CurveSpan
{
    private const int Points = 120, MostOfOne = 3;

    // Functions as formulas mostly have them.
    private static readonly InnerFunction[] Natural =
    [
        .. new[] { "x", "x^2", "1/x", "log", "sqrt", "exp", "sin", "cos", "1/x^2", "x^3", "1/sqrt(x)", "x^4", "1/x^3", "x^1.5" }.Select(name => new InnerFunction(EdgeFunction.Of(name), 1, 0)),
        new(EdgeFunction.Of("exp"), -1, 0), new(EdgeFunction.Of("cos"), 2, 0), new(EdgeFunction.Of("sin"), 2, 0), new(EdgeFunction.Of("1/x"), 1, 1), new(EdgeFunction.Of("1/x"), -1, 1),
    ];

    /// <summary>Choices of functions for an input, the most likely first; none in a choice where the input does nothing.</summary>
    public static IReadOnlyList<InnerFunction[]> Of(SeparableFit fit, int input)
    {
        double[] x = fit.Points(input, Points);
        double[][] curves = [.. Enumerable.Range(0, fit.Terms).Select(term => Unit(fit.Values(input, term, x)))];
        double tolerance = Math.Max(1e-5, 50 * fit.Error);
        List<double[]> span = Orthonormal(curves.Select(Centred), tolerance);
        if (span.Count == 0)
            return [[]];
        if (span.Count == 1)
            return Single(x, span[0], Orthonormal(curves, tolerance) is [double[] only] ? only : null, fit.Error);
        InnerFunction[] inside = [.. Natural.Where(function => Outside(span, x, function) < tolerance)];
        List<InnerFunction> chosen = [];
        List<double[]> covered = [];
        foreach (InnerFunction function in inside)
        {
            if (chosen.Count == span.Count)
                break;
            List<double[]> next = Orthonormal([.. covered, Unit(Centred(Array.ConvertAll(x, function.Value)))], 1e-4);
            if (next.Count > covered.Count)
                (covered, chosen) = (next, [.. chosen, function]);
        }

        return chosen.Count == span.Count ? [[.. chosen]] : [];
    }

    // One curve up to a factor and a constant: c f(a x + b) + d, or a power of such a one where there is no constant to it.
    private static List<InnerFunction[]> Single(double[] x, double[] curve, double[]? factor, double error)
    {
        List<(InnerFunction Function, double Score)> found = [];
        foreach (EdgeFit fit in CurveFit.Suggest(x, curve, new CurveFitOptions { SimplicityWeight = 0.5 }))
            found.Add((new InnerFunction(fit.Formula.Function, fit.Formula.A, fit.Formula.B), fit.Formula.Function.Complexity + Bits(fit.R2)));
        if (factor is not null && (factor.All(value => value > 0) || factor.All(value => value < 0)))
        {
            foreach (double power in (double[])[-1, -2, 2, -0.5])
            {
                double[] raised = [.. factor.Select(value => Math.Pow(Math.Abs(value), power))];
                foreach (EdgeFit fit in CurveFit.Suggest(x, raised, new CurveFitOptions { SimplicityWeight = 0.5 }).Take(3))
                {
                    if (Raised(fit.Formula, 1 / power) is InnerFunction function)
                        found.Add((function, fit.Formula.Function.Complexity + 2 + Bits(fit.R2)));
                }
            }
        }

        return [.. found.OrderBy(pair => pair.Score).Take(MostOfOne).Select(pair => (InnerFunction[])[pair.Function])];

        // What is fitted better than the curve is known is fitted by chance.
        double Bits(double r2) => 0.5 * Math.Log2(1 - r2 + error * error + 1e-14);
    }

    // (f(a x + b) + d/c)^p as a function of its own; its d/c is what it means by it.
    private static InnerFunction? Raised(EdgeFormula formula, double power)
    {
        double shift = formula.D / formula.C, near = Math.Round(shift * 12) / 12;
        if (Math.Abs(shift - near) < 1e-3 * Math.Max(1, Math.Abs(shift)))
            shift = near;
        if (!double.IsFinite(shift))
            return null;
        // Its sign is of c.
        double sign = Math.Sign(formula.C);
        EdgeFunction f = formula.Function;
        EdgeFunction raised = new($"({f.Name}{shift:+0.###;-0.###})^{power:0.###}", f.Complexity + 2, Value, Slope)
        {
            Expansion = x => (sign * (f.Express(x) + shift)).Pow(power),
            IsDefined = (low, high) => f.IsDefined(low, high) && double.IsFinite(Value(low)) && double.IsFinite(Value(high)),
        };
        return new InnerFunction(raised, formula.A, formula.B);

        double Value(double x) => Math.Pow(sign * (f.Value(x) + shift), power);
        double Slope(double x) => power * Math.Pow(sign * (f.Value(x) + shift), power - 1) * sign * f.Slope(x);
    }

    private static double Outside(List<double[]> span, double[] x, InnerFunction function)
    {
        double[] values = Array.ConvertAll(x, function.Value);
        if (!DoubleVectors.AllFinite(values))
            return double.PositiveInfinity;
        values = Unit(Centred(values));
        foreach (double[] direction in span)
            DoubleVectors.AddScaled(values, -DoubleVectors.Dot(values, direction), direction);
        return Math.Sqrt(DoubleVectors.Dot(values, values));
    }

    // Gram and Schmidt with pivots: directions until what is left is within the tolerance.
    private static List<double[]> Orthonormal(IEnumerable<double[]> curves, double tolerance)
    {
        List<double[]> rest = [.. curves.Select(curve => (double[])curve.Clone())], span = [];
        while (rest.Count > 0)
        {
            double[] longest = rest.MaxBy(curve => DoubleVectors.Dot(curve, curve))!;
            if (!(DoubleVectors.Dot(longest, longest) > tolerance * tolerance))
                break;
            double[] direction = Unit(longest);
            rest.Remove(longest);
            span.Add(direction);
            foreach (double[] other in rest.Concat(rest))
                DoubleVectors.AddScaled(other, -DoubleVectors.Dot(other, direction), direction);
        }

        return span;
    }

    private static double[] Centred(double[] values)
    {
        double mean = values.Average();
        return Array.ConvertAll(values, value => value - mean);
    }

    private static double[] Unit(double[] values)
    {
        double length = Math.Sqrt(DoubleVectors.Dot(values, values));
        return length > 0 ? Array.ConvertAll(values, value => value / length) : values;
    }
}
