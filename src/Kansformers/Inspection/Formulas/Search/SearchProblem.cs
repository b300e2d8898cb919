namespace Kansformers.Inspection;

/// <summary>What a formula is searched for: columns and values as the table has them, or others made of them.</summary>
/// <param name="Columns">The inputs.</param>
/// <param name="Values">What is to come out.</param>
/// <param name="Inputs">What each column is in the table's variables.</param>
/// <param name="Outer">What the table's target is, given what these values are.</param>
/// <param name="How">What was done to the table, in words; empty for nothing.</param>
internal sealed record SearchProblem(double[][] Columns, double[] Values, IReadOnlyList<Expression> Inputs, Func<Expression, Expression> Outer, string How)
{
    /// <summary>Names for formulas of the columns.</summary>
    public string[] Names { get; } = [.. Enumerable.Range(1, Inputs.Count).Select(number => $"x{number}")];

    /// <summary>A formula of the columns for the values as one of the table's variables for its target.</summary>
    public Expression Whole(Expression expression) => Outer(expression.Substitute(Names.Zip(Inputs).ToDictionary(pair => pair.First, pair => pair.Second))).Simplify();
}
