namespace Kansformers.Inspection;

// The functions that are known, a line each.
public sealed partial record EdgeFunction
{
    private const double QuarterTurn = Math.PI / 2;

    /// <summary>The functions that are known, by pykan's names and with its complexities.</summary>
    public static IReadOnlyList<EdgeFunction> All { get; } =
    [
        new("0", 0, _ => 0, _ => 0) { Expansion = _ => 0, Search = CurveSearch.Line },
        new("x", 1, x => x, _ => 1) { Expansion = x => x, Search = CurveSearch.Line },
        Power("x^2", 2, 2), Power("x^3", 3, 3), Power("x^4", 3, 4), Power("x^5", 3, 5),
        Power("1/x", 2, -1), Power("1/x^2", 2, -2), Power("1/x^3", 3, -3), Power("1/x^4", 4, -4), Power("1/x^5", 5, -5),
        Root("sqrt", 2, 0.5, Math.Sqrt, x => 0.5 / Math.Sqrt(x)),
        Root("x^1.5", 4, 1.5, x => x * Math.Sqrt(x), x => 1.5 * Math.Sqrt(x)),
        Root("1/sqrt(x)", 2, -0.5, x => 1 / Math.Sqrt(x), x => -0.5 / (x * Math.Sqrt(x))),
        new("exp", 2, Math.Exp, Math.Exp) { Expansion = Expression.Exp, Search = CurveSearch.Scale },
        new("log", 2, Math.Log, x => x < 0 ? double.NaN : 1 / x) { IsDefined = (low, _) => low > 0, Expansion = Expression.Log, Search = CurveSearch.Shift },
        new("abs", 3, Math.Abs, x => x > 0 ? 1 : x < 0 ? -1 : 0) { Expansion = Expression.Abs, Search = CurveSearch.Shift },
        new("sin", 2, Math.Sin, Math.Cos) { Expansion = Expression.Sin, Search = CurveSearch.Frequency },
        new("cos", 2, Math.Cos, x => -Math.Sin(x)) { Expansion = Expression.Cos, Search = CurveSearch.Frequency },
        new("tan", 3, Math.Tan, x => 1 + Squared(Math.Tan(x))) { IsDefined = BetweenPoles, Expansion = Expression.Tan, Search = CurveSearch.Window, Window = QuarterTurn },
        new("tanh", 3, Math.Tanh, x => 1 - Squared(Math.Tanh(x))) { Expansion = Expression.Tanh },
        new("sgn", 3, x => double.IsNaN(x) ? x : Math.Sign(x), _ => 0) { Expansion = Expression.Sign, Search = CurveSearch.Step },
        new("arcsin", 4, Math.Asin, x => 1 / Math.Sqrt(1 - x * x)) { IsDefined = WithinOne, Expansion = Expression.Arcsin, Search = CurveSearch.Window },
        new("arccos", 4, Math.Acos, x => -1 / Math.Sqrt(1 - x * x)) { IsDefined = WithinOne, Expansion = Expression.Arccos, Search = CurveSearch.Window },
        new("arctan", 4, Math.Atan, x => 1 / (1 + x * x)) { Expansion = Expression.Arctan },
        new("arctanh", 4, Math.Atanh, x => 1 / (1 - x * x)) { IsDefined = (low, high) => low > -1 && high < 1, Expansion = Expression.Arctanh, Search = CurveSearch.Window },
        new("gaussian", 3, x => Math.Exp(-x * x), x => -2 * x * Math.Exp(-x * x)) { Expansion = x => Expression.Exp(-x.Pow(2)) },
    ];

    /// <summary>The function of that name; pykan's second names, as x^0.5 for sqrt, are known too.</summary>
    /// <param name="name">A name of <see cref="All"/>.</param>
    /// <exception cref="KansformersException">There is none; the message names those that there are.</exception>
    public static EdgeFunction Of(string name) =>
        All.FirstOrDefault(function => function.Name == name switch { "x^0.5" => "sqrt", "1/x^0.5" => "1/sqrt(x)", _ => name })
        ?? throw new KansformersException($"there is no function '{name}' for an edge; there are {string.Join(", ", All.Select(function => function.Name))}");

    private static EdgeFunction Power(string name, int complexity, int power) => new(name, complexity, x => Whole(x, power), x => power * Whole(x, power - 1))
    {
        IsDefined = power > 0 ? (_, _) => true : (low, high) => low > 0 || high < 0,
        Expansion = x => x.Pow(power),
        Search = CurveSearch.Shift,
    };

    private static EdgeFunction Root(string name, int complexity, double power, Func<double, double> value, Func<double, double> slope) => new(name, complexity, value, slope)
    {
        IsDefined = power > 0 ? (low, _) => low >= 0 : (low, _) => low > 0,
        Expansion = x => x.Pow(power),
        Search = CurveSearch.Shift,
    };

    private static double Squared(double x) => x * x;

    private static bool WithinOne(double low, double high) => low >= -1 && high <= 1;

    private static bool BetweenPoles(double low, double high) => Math.Floor((low - QuarterTurn) / Math.PI) == Math.Floor((high - QuarterTurn) / Math.PI);

    // By products: Math.Pow is many times slower, and not exact for squares.
    private static double Whole(double x, int power)
    {
        double product = 1;
        for (int factor = 0; factor < Math.Abs(power); factor++)
            product *= x;
        return power < 0 ? 1 / product : product;
    }
}
