namespace Kansformers.Inspection;

/// <summary>
/// A function of one variable that can stand on an edge of a KAN instead of its curve, as c f(a x + b) + d. A program adds its own by making one and naming it in
/// <see cref="CurveFitOptions.Functions"/>; the first four facts are enough.
/// </summary>
/// <param name="Name">Its name, as pykan calls it.</param>
/// <param name="Complexity">How much it takes to say it: what a search charges against its fit.</param>
/// <param name="Value">The function; NaN outside its domain.</param>
/// <param name="Slope">Its derivative.</param>
public sealed partial record EdgeFunction(string Name, int Complexity, Func<double, double> Value, Func<double, double> Slope)
{
    /// <summary>
    /// Whether the function has a value, and no pole, anywhere between two arguments, the lower one first. Fits that would leave the domain between their samples are not
    /// offered: no logarithm of a negative range, no 1/x across 0.
    /// </summary>
    public Func<double, double, bool> IsDefined { get; init; } = (_, _) => true;

    /// <summary>The function as an expression of its argument; null writes it as a call by its name.</summary>
    public Func<Expression, Expression>? Expansion { get; init; }

    /// <summary>Which a and b a fit tries first.</summary>
    public CurveSearch Search { get; init; } = CurveSearch.Wide;

    /// <summary>For <see cref="CurveSearch.Window"/>: the function is looked for between minus this and this.</summary>
    public double Window { get; init; } = 1;

    /// <summary>The function's expression.</summary>
    /// <param name="argument">What it is applied to.</param>
    public Expression Express(Expression argument)
    {
        ArgumentNullException.ThrowIfNull(argument);
        return Expansion is null ? new FunctionCall(new ScalarFunction(Name, Value) { Slope = Slope }, argument) : Expansion(argument);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
