namespace Kansformers.Inspection;

/// <summary>Something to the power of a number.</summary>
/// <param name="Base">What is multiplied by itself.</param>
/// <param name="Exponent">How often; -1 divides, 0.5 is the square root.</param>
public sealed record Power(Expression Base, double Exponent) : Expression
{
    /// <inheritdoc/>
    public override int Complexity => Base.Complexity + (Exponent is -1 or 0.5 ? 1 : 2);

    /// <inheritdoc/>
    public override IReadOnlyList<Expression> Children => [Base];

    /// <summary>Whether the exponent is a whole number.</summary>
    internal bool IsWhole => IsWholeNumber(Exponent);

    internal static bool IsWholeNumber(double exponent) => Math.Abs(exponent) < 1e9 && exponent == Math.Floor(exponent);

    internal static double Of(double value, double exponent) => exponent switch
    {
        0.5 => Math.Sqrt(value),
        -0.5 => 1 / Math.Sqrt(value),
        -1 => 1 / value,
        2 => value * value,
        -2 => 1 / (value * value),
        3 => value * value * value,
        _ => Math.Pow(value, exponent),
    };

    internal override Expression With(IReadOnlyList<Expression> children) => new Power(children[0], Exponent);

    internal override Expression Derive(string variable) => new Product([Exponent, new Power(Base, Exponent - 1), Base.Derive(variable)]);

    internal override void Fill(IReadOnlyDictionary<string, double[]> columns, Span<double> values)
    {
        Base.Fill(columns, values);
        for (int at = 0; at < values.Length; at++)
            values[at] = Of(values[at], Exponent);
    }
}
