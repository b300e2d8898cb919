namespace Kansformers.Inspection;

/// <summary>
/// The first nodes of a network: all inputs as they are, or one of them replaced by what it makes with another, a sum or a product of both. No two say the same, so that the
/// inputs stay independent.
/// </summary>
/// <param name="Replaced">The input that is replaced; -1 for none.</param>
/// <param name="With">The other one.</param>
/// <param name="Operation">'*', '/', '+' or '-': replaced ∘ with.</param>
internal sealed record InputForm(int Replaced, int With, char Operation)
{
    public static InputForm Plain { get; } = new(-1, -1, '+');

    public static IEnumerable<InputForm> Pairs(int inputs) => from operation in "*/-+" from replaced in Enumerable.Range(0, inputs) from other in Enumerable.Range(0, inputs)
                                                             where replaced != other select new InputForm(replaced, other, operation);

    /// <summary>The columns that the rest of the network reads; null where a value is none.</summary>
    public double[][]? Apply(double[][] columns)
    {
        if (Replaced < 0)
            return columns;
        double[] made = [.. columns[Replaced].Zip(columns[With], (a, b) => Operation switch { '*' => a * b, '/' => a / b, '+' => a + b, _ => a - b })];
        return made.All(double.IsFinite) ? [.. columns.Select((column, at) => at == Replaced ? made : column)] : null;
    }

    /// <summary>The formula of the changed inputs as one of the inputs themselves.</summary>
    public Expression Undo(Expression expression, string[] names)
    {
        if (Replaced < 0)
            return expression;
        (Expression a, Expression b) = (new Variable(names[Replaced]), new Variable(names[With]));
        return expression.Substitute(new Dictionary<string, Expression> { [names[Replaced]] = Operation switch { '*' => a * b, '/' => a / b, '+' => a + b, _ => a - b } });
    }

    public override string ToString() => Replaced < 0 ? "inputs" : $"x{Replaced + 1}{Operation}x{With + 1}";
}
