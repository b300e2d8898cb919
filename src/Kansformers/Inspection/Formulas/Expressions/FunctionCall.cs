namespace Kansformers.Inspection;

/// <summary>A function of something.</summary>
/// <param name="Function">The function.</param>
/// <param name="Argument">What it is applied to.</param>
public sealed record FunctionCall(ScalarFunction Function, Expression Argument) : Expression
{
    /// <inheritdoc/>
    public override int Complexity => Argument.Complexity + 1;

    /// <inheritdoc/>
    public override IReadOnlyList<Expression> Children => [Argument];

    internal override Expression With(IReadOnlyList<Expression> children) => new FunctionCall(Function, children[0]);

    internal override Expression Derive(string variable) => new Product([Function.DerivativeAt(Argument), Argument.Derive(variable)]);

    internal override void Fill(IReadOnlyDictionary<string, double[]> columns, Span<double> values)
    {
        Argument.Fill(columns, values);
        for (int at = 0; at < values.Length; at++)
            values[at] = Function.Value(values[at]);
    }
}
