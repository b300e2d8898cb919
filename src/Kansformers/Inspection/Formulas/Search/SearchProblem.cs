namespace Kansformers.Inspection;

/// <summary>What a formula is searched for: columns and values as the table has them, or others made of them.</summary>
/// <param name="Columns">The inputs.</param>
/// <param name="Values">What is to come out.</param>
/// <param name="Inputs">What each column is in the table's variables.</param>
/// <param name="Outer">What the table's target is, given what these values are.</param>
/// <param name="How">What was done to the table, in words; empty for nothing.</param>
internal sealed record SearchProblem(double[][] Columns, double[] Values, IReadOnlyList<Expression> Inputs, Func<Expression, Expression> Outer, string How)
{
    private const int MostScaled = 4;
    private static readonly double[] Powers = [1, -1, 2, -2];

    /// <summary>Names for formulas of the columns.</summary>
    public string[] Names { get; } = [.. Enumerable.Range(1, Inputs.Count).Select(number => $"x{number}")];

    /// <summary>The same with the values multiplied by a power of an input: which of the inputs carries a unit is not told by the samples, and one choice makes the simpler formula.</summary>
    public IEnumerable<SearchProblem> Scaled() =>
        from input in Enumerable.Range(0, Columns.Length <= MostScaled ? Columns.Length : 0)
        where Columns[input].All(value => value != 0)
        from power in Powers
        let values = Values.Zip(Columns[input], (value, other) => value * Math.Pow(other, power)).ToArray()
        where values.All(double.IsFinite)
        select this with { Values = values, Outer = inner => Outer(inner * Inputs[input].Pow(-power)), How = FormattableString.Invariant($"{How}times {Names[input]}^{power}, ") };

    /// <summary>A formula of the columns for the values as one of the table's variables for its target.</summary>
    public Expression Whole(Expression expression) => Outer(expression.Substitute(Names.Zip(Inputs).ToDictionary(pair => pair.First, pair => pair.Second))).Simplify();
}
