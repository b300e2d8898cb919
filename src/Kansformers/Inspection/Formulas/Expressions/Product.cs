using System.Collections.Immutable;

namespace Kansformers.Inspection;

/// <summary>A product of factors; 1 when there are none. What is divided by is a factor with an exponent below 0.</summary>
public sealed record Product : Expression
{
    /// <summary>Multiplies factors.</summary>
    /// <param name="factors">The factors.</param>
    public Product(params IEnumerable<Expression> factors) => Factors = [.. factors];

    /// <summary>The factors.</summary>
    public ImmutableArray<Expression> Factors { get; }

    // A sign is read with what follows.
    /// <inheritdoc/>
    public override int Complexity => Factors is [Constant { Value: -1 }, _, ..] ? new Product(Factors[1..]).Complexity
        : Factors.Sum(factor => factor.Complexity) + Math.Max(0, Factors.Length - 1);

    /// <inheritdoc/>
    public override IReadOnlyList<Expression> Children => Factors;

    /// <inheritdoc/>
    public bool Equals(Product? other) => other is not null && Factors.SequenceEqual(other.Factors);

    /// <inheritdoc/>
    public override int GetHashCode() => Factors.Aggregate(31, HashCode.Combine);

    internal override Expression With(IReadOnlyList<Expression> children) => new Product(children);

    internal override Expression Derive(string variable) =>
        new Sum(Enumerable.Range(0, Factors.Length).Select(at => new Product(Factors.SetItem(at, Factors[at].Derive(variable)))));

    internal override void Fill(IReadOnlyDictionary<string, double[]> columns, Span<double> values)
    {
        values.Fill(1);
        double[] factor = new double[values.Length];
        foreach (Expression expression in Factors)
        {
            expression.Fill(columns, factor);
            for (int at = 0; at < factor.Length; at++)
                values[at] *= factor[at];
        }
    }
}
