namespace Kansformers.Inspection;

/// <summary>A function of one variable that can stand on an edge of a <see cref="KanNetwork"/> instead of its curve, as c f(a x + b) + d.</summary>
/// <param name="Name">Its name, as pykan calls it.</param>
/// <param name="Complexity">How much it takes to say it: what a search charges against its fit.</param>
/// <param name="Value">The function; NaN outside its domain.</param>
/// <param name="Slope">Its derivative.</param>
public sealed record EdgeFunction(string Name, int Complexity, Func<double, double> Value, Func<double, double> Slope)
{
    /// <summary>The functions that are known, by pykan's names and with its complexities.</summary>
    public static IReadOnlyList<EdgeFunction> All { get; } =
    [
        new("0", 0, _ => 0, _ => 0),
        new("x", 1, x => x, _ => 1),
        Power("x^2", 2, 2), Power("x^3", 3, 3), Power("x^4", 3, 4), Power("x^5", 3, 5),
        Power("1/x", 2, -1), Power("1/x^2", 2, -2), Power("1/x^3", 3, -3), Power("1/x^4", 4, -4), Power("1/x^5", 5, -5),
        new("sqrt", 2, Math.Sqrt, x => 0.5 / Math.Sqrt(x)),
        new("x^0.5", 2, Math.Sqrt, x => 0.5 / Math.Sqrt(x)),
        new("x^1.5", 4, x => x * Math.Sqrt(x), x => 1.5 * Math.Sqrt(x)),
        new("1/sqrt(x)", 2, x => 1 / Math.Sqrt(x), x => -0.5 / (x * Math.Sqrt(x))),
        new("1/x^0.5", 2, x => 1 / Math.Sqrt(x), x => -0.5 / (x * Math.Sqrt(x))),
        new("exp", 2, Math.Exp, Math.Exp),
        new("log", 2, Math.Log, x => x < 0 ? double.NaN : 1 / x),
        new("abs", 3, Math.Abs, x => x > 0 ? 1 : x < 0 ? -1 : 0),
        new("sin", 2, Math.Sin, Math.Cos),
        new("cos", 2, Math.Cos, x => -Math.Sin(x)),
        new("tan", 3, Math.Tan, x => 1 + Math.Tan(x) * Math.Tan(x)),
        new("tanh", 3, Math.Tanh, x => 1 - Math.Tanh(x) * Math.Tanh(x)),
        new("sgn", 3, x => double.IsNaN(x) ? x : Math.Sign(x), _ => 0),
        new("arcsin", 4, Math.Asin, x => 1 / Math.Sqrt(1 - x * x)),
        new("arccos", 4, Math.Acos, x => -1 / Math.Sqrt(1 - x * x)),
        new("arctan", 4, Math.Atan, x => 1 / (1 + x * x)),
        new("arctanh", 4, Math.Atanh, x => 1 / (1 - x * x)),
        new("gaussian", 3, x => Math.Exp(-x * x), x => -2 * x * Math.Exp(-x * x)),
    ];

    /// <summary>The function of that name.</summary>
    /// <param name="name">A name of <see cref="All"/>.</param>
    /// <exception cref="KansformersException">There is none; the message names those that there are.</exception>
    public static EdgeFunction Of(string name) => All.FirstOrDefault(function => function.Name == name)
        ?? throw new KansformersException($"there is no function '{name}' for an edge; there are {string.Join(", ", All.Select(function => function.Name))}");

    private static EdgeFunction Power(string name, int complexity, int power) =>
        new(name, complexity, x => Whole(x, power), x => power * Whole(x, power - 1));

    // By products: Math.Pow is many times slower, and not exact for squares.
    private static double Whole(double x, int power)
    {
        double product = 1;
        for (int factor = 0; factor < Math.Abs(power); factor++)
            product *= x;
        return power < 0 ? 1 / product : product;
    }
}
