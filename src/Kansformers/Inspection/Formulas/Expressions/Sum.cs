using System.Collections.Immutable;

namespace Kansformers.Inspection;

/// <summary>A sum of terms; 0 when there are none.</summary>
public sealed record Sum : Expression
{
    /// <summary>Adds terms.</summary>
    /// <param name="terms">The terms.</param>
    public Sum(params IEnumerable<Expression> terms) => Terms = [.. terms];

    /// <summary>The terms.</summary>
    public ImmutableArray<Expression> Terms { get; }

    /// <inheritdoc/>
    public override int Complexity => Terms.Sum(term => term.Complexity) + Math.Max(0, Terms.Length - 1);

    /// <inheritdoc/>
    public override IReadOnlyList<Expression> Children => Terms;

    /// <inheritdoc/>
    public bool Equals(Sum? other) => other is not null && Terms.SequenceEqual(other.Terms);

    /// <inheritdoc/>
    public override int GetHashCode() => Terms.Aggregate(17, HashCode.Combine);

    internal override Expression With(IReadOnlyList<Expression> children) => new Sum(children);

    internal override Expression Derive(string variable) => new Sum(Terms.Select(term => term.Derive(variable)));

    internal override void Fill(IReadOnlyDictionary<string, double[]> columns, Span<double> values)
    {
        values.Clear();
        double[] term = new double[values.Length];
        foreach (Expression expression in Terms)
        {
            expression.Fill(columns, term);
            for (int at = 0; at < term.Length; at++)
                values[at] += term[at];
        }
    }
}
