namespace Kansformers.Inspection;

/// <summary>A number.</summary>
/// <param name="Value">The number.</param>
public sealed record Constant(double Value) : Expression
{
    /// <inheritdoc/>
    public override int Complexity => 1;

    /// <inheritdoc/>
    public override IReadOnlyList<Expression> Children => [];

    internal override Expression With(IReadOnlyList<Expression> children) => this;

    internal override Expression Derive(string variable) => 0;

    internal override void Fill(IReadOnlyDictionary<string, double[]> columns, Span<double> values) => values.Fill(Value);
}
