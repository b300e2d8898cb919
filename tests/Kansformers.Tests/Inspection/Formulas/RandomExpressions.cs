using Kansformers.Inspection;

namespace Kansformers.Tests.Inspection;

/// <summary>Formulas of every sort of node, for properties that all of them must have.</summary>
internal static class RandomExpressions
{
    // Sizes beyond which rounding says more than the formula.
    private const double Largest = 1e4, Smallest = 1e-4;

    private static readonly double[] Exponents = [-2, -1, -0.5, 0.5, 1, 1.5, 2, 2, 3, 4];

    private static readonly double[] Numbers = [-3, -2, -1, -0.5, 0, 0.25, 1.0 / 3, 0.7, 1, 2, Math.PI, -Math.PI / 2, 2 * Math.PI / 3, 1.2345678, 12];

    public static IReadOnlyList<string> Names { get; } = ["x", "y", "z"];

    public static Expression Make(Random random, int depth)
    {
        if (depth == 0 || random.Next(6) == 0)
            return random.Next(3) == 0 ? Numbers[random.Next(Numbers.Length)] : new Variable(Names[random.Next(Names.Count)]);
        return random.Next(5) switch
        {
            0 => new Sum(Some()),
            1 => new Product(Some()),
            2 => new Power(Make(random, depth - 1), Exponents[random.Next(Exponents.Length)]),
            3 => new FunctionCall(ScalarFunction.All[random.Next(ScalarFunction.All.Count)], Make(random, depth - 1)),
            _ => Make(random, depth - 1) - Make(random, depth - 1),
        };

        Expression[] Some() => [.. Enumerable.Range(0, random.Next(2, 4)).Select(_ => Make(random, depth - 1))];
    }

    /// <summary>Whether every part of a formula has a value of ordinary size and is not at a place where the least change would matter; the largest of the values.</summary>
    public static bool IsTame(Expression expression, IReadOnlyDictionary<string, double> at, out double size)
    {
        size = 1;
        foreach (Expression node in expression.Nodes())
        {
            double value = node.Evaluate(at);
            if (!double.IsFinite(value) || Math.Abs(value) > Largest)
                return false;
            size = Math.Max(size, Math.Abs(value));
            bool steep = node switch
            {
                Power { Exponent: < 1 } power => Math.Abs(power.Base.Evaluate(at)) < Smallest,
                FunctionCall { Function.Name: "log" or "sgn" } call => Math.Abs(call.Argument.Evaluate(at)) < Smallest,
                FunctionCall { Function.Name: "arcsin" or "arccos" or "arctanh" } call => Math.Abs(call.Argument.Evaluate(at)) > 1 - Smallest,
                FunctionCall { Function.Name: "tan" } call => Math.Abs(Math.Cos(call.Argument.Evaluate(at))) < Smallest,
                _ => false,
            };
            if (steep)
                return false;
        }

        return true;
    }
}
