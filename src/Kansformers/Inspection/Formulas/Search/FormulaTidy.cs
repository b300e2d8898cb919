namespace Kansformers.Inspection;

/// <summary>
/// Makes a found formula what it means: numbers get their short names, and terms go that do nothing, as long as the formula's values stay as close to the samples as they were,
/// but for rounding. Everything is checked by evaluating it, against the samples themselves, so that nothing adds up.
/// </summary>
internal static class FormulaTidy
{
    private const double Rounding = 1e-14; // as a share of the values' own size
    private static readonly double[] Tolerances = [1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12];

    public static Formula Run(Formula formula, double[][] columns, double[] values)
    {
        double size = Math.Sqrt(values.Average(value => value * value)), allowed = Math.Max(1.001 * formula.ErrorOn(columns, values).Rmse, Rounding * size);
        formula = Snapped(formula);
        while (Shorter(formula) is Formula shorter)
            formula = Snapped(shorter);
        return formula;

        bool Holds(Formula other) => other.ErrorOn(columns, values).Rmse <= allowed;

        // The most generous tolerance: it takes numbers together that are off together.
        Formula Snapped(Formula of) => Tolerances.Select(tolerance => of.Snap(columns, tolerance)).FirstOrDefault(Holds) ?? of;

        Formula? Shorter(Formula of) => Everywhere(of.Expression, Without).Concat(Everywhere(of.Expression, Gathered)).Select(other => of with { Expression = other.Simplify() })
            .FirstOrDefault(other => other.Expression.Complexity < of.Expression.Complexity && Holds(other));
    }

    // A sum or product less one of its parts.
    private static IEnumerable<Expression> Without(Expression expression)
    {
        IReadOnlyList<Expression> children = expression.Children;
        return expression is Sum or Product && children.Count > 1 ? children.Select((_, at) => expression.With([.. children.Where((_, other) => other != at)])) : [];
    }

    // b^r (s + t)^q as (b^(r/q) s + b^(r/q) t)^q: units that were taken out of a sum go back into it.
    private static IEnumerable<Expression> Gathered(Expression expression)
    {
        if (expression is not Product product)
            yield break;
        for (int at = 0; at < product.Factors.Length; at++)
        {
            if (Parts(product.Factors[at]) is not (Sum sum, double power))
                continue;
            for (int other = 0; other < product.Factors.Length; other++)
            {
                if (other == at || product.Factors[other] is Constant)
                    continue;
                (Expression inner, double exponent) = Parts(product.Factors[other]);
                Expression gathered = new Sum(sum.Terms.Select(term => term * inner.Pow(exponent / power))).Simplify();
                yield return new Product([.. product.Factors.Where((_, place) => place != at && place != other), gathered.Pow(power)]);
            }
        }
    }

    private static (Expression Base, double Exponent) Parts(Expression factor) => factor is Power power ? (power.Base, power.Exponent) : (factor, 1);

    // The expression with another one in place of a node, for every node.
    private static IEnumerable<Expression> Everywhere(Expression expression, Func<Expression, IEnumerable<Expression>> others)
    {
        foreach (Expression other in others(expression))
            yield return other;
        IReadOnlyList<Expression> children = expression.Children;
        for (int at = 0; at < children.Count; at++)
        {
            foreach (Expression other in Everywhere(children[at], others))
                yield return expression.With([.. children.Select((child, place) => place == at ? other : child)]);
        }
    }
}
