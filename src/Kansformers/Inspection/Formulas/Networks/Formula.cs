namespace Kansformers.Inspection;

/// <summary>What a network computes, as one formula of its inputs for each output.</summary>
/// <param name="Expression">The formula.</param>
/// <param name="Variables">The names of the inputs, in the order of the columns that it takes; it need not use them all.</param>
public sealed record Formula(Expression Expression, IReadOnlyList<string> Variables)
{
    /// <summary>Composes the formulas on a network's edges to one formula for each output, in the data's own units, simplified.</summary>
    /// <param name="layers">The layers, from the inputs on.</param>
    /// <param name="variables">The names of the inputs, in order.</param>
    /// <param name="inputs">How each input was scaled; null where none was.</param>
    /// <param name="outputs">How each target was scaled; null where none was.</param>
    /// <exception cref="ArgumentException">The numbers of nodes, names and scales do not fit.</exception>
    public static IReadOnlyList<Formula> Of(IReadOnlyList<FormulaLayer> layers, IReadOnlyList<string> variables, IReadOnlyList<ColumnScale>? inputs = null, IReadOnlyList<ColumnScale>? outputs = null)
    {
        ArgumentNullException.ThrowIfNull(layers);
        ArgumentNullException.ThrowIfNull(variables);
        if (variables.Distinct().Count() != variables.Count)
            throw new ArgumentException("two inputs have the same name", nameof(variables));
        inputs ??= [.. variables.Select(_ => ColumnScale.None)];
        if (inputs.Count != variables.Count)
            throw new ArgumentException($"there are {inputs.Count} scales for {variables.Count} inputs", nameof(inputs));
        Expression[] level = [.. variables.Zip(inputs, (name, scale) => ((new Variable(name) - scale.Mean) / scale.Scale).Simplify())];
        foreach (FormulaLayer layer in layers)
            level = [.. layer.Nodes.Select(node => Node(node, level).Simplify())];
        outputs ??= [.. level.Select(_ => ColumnScale.None)];
        if (outputs.Count != level.Length)
            throw new ArgumentException($"there are {outputs.Count} scales for {level.Length} outputs", nameof(outputs));
        return [.. level.Zip(outputs, (value, scale) => new Formula((value * scale.Scale + scale.Mean).Simplify(), [.. variables]))];
    }

    /// <summary>The formula's values for rows of data.</summary>
    /// <param name="columns">A column for each of <see cref="Variables"/>, all of one length.</param>
    /// <exception cref="ArgumentException">There are more or fewer columns than variables.</exception>
    /// <exception cref="KansformersException">The columns are of different lengths.</exception>
    public double[] Evaluate(IReadOnlyList<double[]> columns) => Expression.EvaluateRows(Named(columns), columns.Count == 0 ? 1 : columns[0].Length);

    /// <summary>How far the formula is from measured values: on rows that no fit has seen, what it is worth.</summary>
    /// <param name="columns">A column for each of <see cref="Variables"/>, all of one length.</param>
    /// <param name="targets">The measured values, one for each row.</param>
    /// <exception cref="ArgumentException">There are more or fewer columns than variables, or targets than rows.</exception>
    public FormulaError ErrorOn(IReadOnlyList<double[]> columns, IReadOnlyList<double> targets)
    {
        double[] values = Evaluate(columns);
        ArgumentNullException.ThrowIfNull(targets);
        return values.Length == targets.Count ? FormulaError.Between(values, targets.ToArray())
            : throw new ArgumentException($"there are {targets.Count} targets for {values.Length} rows", nameof(targets));
    }

    /// <summary>
    /// Gives numbers their short names, and drops terms that do not matter, as far as the values on some rows allow: 3.14159 becomes pi, 0.33332 becomes 1/3, 1e-9 x² goes.
    /// What has no short name is rounded to the fewest digits that do.
    /// </summary>
    /// <param name="columns">A column for each of <see cref="Variables"/>, all of one length.</param>
    /// <param name="tolerance">How far all changes together may move the values: their root mean square as a share of the values' standard deviation.</param>
    /// <exception cref="ArgumentException">There are more or fewer columns than variables; the tolerance is no number from 0 up.</exception>
    public Formula Snap(IReadOnlyList<double[]> columns, double tolerance = 1e-6)
    {
        if (!(tolerance >= 0))
            throw new ArgumentException($"{tolerance} is no share of a standard deviation", nameof(tolerance));
        return this with { Expression = Snapping.Run(Expression, Named(columns), columns.Count == 0 ? 1 : columns[0].Length, tolerance) };
    }

    /// <summary>The formula's text, <c>pi*x1^2</c>.</summary>
    public override string ToString() => Expression.ToText();

    private Dictionary<string, double[]> Named(IReadOnlyList<double[]> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        return columns.Count == Variables.Count ? Variables.Zip(columns).ToDictionary(pair => pair.First, pair => pair.Second)
            : throw new ArgumentException($"there are {columns.Count} columns for the {Variables.Count} variables {string.Join(", ", Variables)}", nameof(columns));
    }

    private static Expression Node(FormulaNode node, Expression[] level) =>
        node.Scale * new Product(node.Subnodes.Select(subnode => subnode.Scale * new Sum(subnode.Edges.Select(edge => edge.Formula.Express(Below(level, edge.Input)))) + subnode.Bias)) + node.Bias;

    private static Expression Below(Expression[] level, int node) => node >= 0 && node < level.Length ? level[node]
        : throw new ArgumentException($"an edge comes from node {node} of a level of {level.Length}");
}
