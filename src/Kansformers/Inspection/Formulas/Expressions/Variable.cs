namespace Kansformers.Inspection;

/// <summary>An input.</summary>
/// <param name="Name">Its name: any text, such as the heading of a table's column.</param>
public sealed record Variable(string Name) : Expression
{
    /// <inheritdoc/>
    public override int Complexity => 1;

    /// <inheritdoc/>
    public override IReadOnlyList<Expression> Children => [];

    internal override Expression With(IReadOnlyList<Expression> children) => this;

    internal override Expression Derive(string variable) => variable == Name ? 1 : 0;

    internal override void Fill(IReadOnlyDictionary<string, double[]> columns, Span<double> values)
    {
        if (!columns.TryGetValue(Name, out double[]? column) || column.Length != values.Length)
            throw new KansformersException($"the formula's variable '{Name}' needs {values.Length} values; it has {column?.Length ?? 0}");
        column.CopyTo(values);
    }
}
