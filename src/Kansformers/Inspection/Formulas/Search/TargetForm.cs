namespace Kansformers.Inspection;

/// <summary>The last edge of a network: a function g that is set, so that the rest is fitted to g⁻¹ of the targets.</summary>
/// <param name="Name">What is fitted.</param>
/// <param name="Inverse">g⁻¹; NaN where there is none.</param>
/// <param name="Outer">g.</param>
internal sealed record TargetForm(string Name, Func<double, double> Inverse, Func<Expression, Expression> Outer)
{
    /// <summary>Those that are tried, the simplest first.</summary>
    public static IReadOnlyList<TargetForm> All { get; } =
    [
        new("y", y => y, t => t),
        new("log y", y => y > 0 ? Math.Log(y) : double.NaN, Expression.Exp),
        new("1/y", y => 1 / y, t => t.Pow(-1)),
        new("y^2", y => y >= 0 ? y * y : double.NaN, Expression.Sqrt),
        new("sin y", y => Math.Abs(y) <= Math.PI / 2 ? Math.Sin(y) : double.NaN, Expression.Arcsin),
        new("1/y^2", y => y > 0 ? 1 / (y * y) : double.NaN, t => t.Pow(-0.5)),
        new("exp y", y => y < 50 ? Math.Exp(y) : double.NaN, Expression.Log),
        new("tan y", y => Math.Abs(y) < 1.5 ? Math.Tan(y) : double.NaN, Expression.Arctan),
    ];
}
