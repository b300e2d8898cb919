namespace Kansformers.Inspection;

/// <summary>
/// A formula as a tree: numbers, variables, sums, products, powers with a constant exponent, and functions. Immutable; two trees are equal when they are built alike.
/// Operators build trees as they are written; <see cref="Simplify"/> makes them short.
/// </summary>
public abstract partial record Expression
{
    private protected Expression()
    {
    }

    /// <summary>The number of things to be read: one for each number other than a sign, variable, operation and function.</summary>
    public abstract int Complexity { get; }

    /// <summary>What the tree is made of directly.</summary>
    public abstract IReadOnlyList<Expression> Children { get; }

    /// <summary>Its variables, in the order of their names.</summary>
    public IReadOnlyList<string> Variables => [.. Nodes().OfType<Variable>().Select(variable => variable.Name).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The tree and all that it is made of.</summary>
    public IEnumerable<Expression> Nodes() => Children.SelectMany(child => child.Nodes()).Prepend(this);

    /// <summary>The value for some values of the variables; NaN or infinite where the formula has none.</summary>
    /// <param name="variables">The value of each variable by its name.</param>
    /// <exception cref="KansformersException">A variable has no value.</exception>
    public double Evaluate(IReadOnlyDictionary<string, double> variables)
    {
        ArgumentNullException.ThrowIfNull(variables);
        Dictionary<string, double[]> columns = variables.ToDictionary(variable => variable.Key, variable => (double[])[variable.Value]);
        return EvaluateRows(columns, 1)[0];
    }

    /// <summary>The values for many rows.</summary>
    /// <param name="columns">The values of each variable by its name, one for each row.</param>
    /// <param name="rows">The number of rows.</param>
    /// <exception cref="KansformersException">A variable has no column, or one of another length.</exception>
    public double[] EvaluateRows(IReadOnlyDictionary<string, double[]> columns, int rows)
    {
        ArgumentNullException.ThrowIfNull(columns);
        double[] values = new double[rows];
        Fill(columns, values);
        return values;
    }

    /// <summary>The derivative by a variable, simplified.</summary>
    /// <param name="variable">The variable's name.</param>
    public Expression Derivative(string variable) => Derive(variable).Simplify();

    /// <summary>The same function in a shorter form: equal wherever this one has a value, up to rounding; it may have a value where this one has none, as x / x at 0.</summary>
    public Expression Simplify() => Simplification.Run(this);

    /// <summary>The tree with other things in place of variables.</summary>
    /// <param name="replacements">What stands for a variable, by its name; variables without an entry stay.</param>
    public Expression Substitute(IReadOnlyDictionary<string, Expression> replacements)
    {
        ArgumentNullException.ThrowIfNull(replacements);
        return this is Variable variable ? replacements.GetValueOrDefault(variable.Name, this) : With([.. Children.Select(child => child.Substitute(replacements))]);
    }

    /// <summary>The tree with other numbers in place of its own; exponents stay.</summary>
    /// <param name="change">The new number for an old one.</param>
    public Expression WithConstants(Func<double, double> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return this is Constant constant ? new Constant(change(constant.Value)) : With([.. Children.Select(child => child.WithConstants(change))]);
    }

    /// <summary>The tree with every number rounded to some significant digits; numbers of the sort of 2 pi / 3, 1/7 or sqrt(3) are kept when they are exact.</summary>
    /// <param name="digits">From 1 to 17.</param>
    public Expression Round(int digits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(digits, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(digits, 17);
        return WithConstants(value => KnownNumber.Exactly(value) is null ? Rounded(value, digits) : value);
    }

    /// <summary>The tree as text (<see cref="ToText"/>).</summary>
    public sealed override string ToString() => ToText();

    /// <summary>A tree of this sort with other children.</summary>
    internal abstract Expression With(IReadOnlyList<Expression> children);

    internal abstract Expression Derive(string variable);

    internal abstract void Fill(IReadOnlyDictionary<string, double[]> columns, Span<double> values);

    internal static double Rounded(double value, int digits) =>
        double.Parse(value.ToString("E" + (digits - 1), System.Globalization.CultureInfo.InvariantCulture), System.Globalization.CultureInfo.InvariantCulture);
}
