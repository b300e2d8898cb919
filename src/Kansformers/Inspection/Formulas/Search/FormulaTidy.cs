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
        while (WithoutOne(formula) is Formula shorter)
            formula = Snapped(shorter);
        return formula;

        bool Holds(Formula other) => other.ErrorOn(columns, values).Rmse <= allowed;

        // The most generous tolerance: it takes numbers together that are off together.
        Formula Snapped(Formula of) => Tolerances.Select(tolerance => of.Snap(columns, tolerance)).FirstOrDefault(Holds) ?? of;

        Formula? WithoutOne(Formula of) => Shorter(of.Expression).Select(shorter => of with { Expression = shorter.Simplify() }).FirstOrDefault(Holds);
    }

    // The expression without one term or factor somewhere.
    private static IEnumerable<Expression> Shorter(Expression expression)
    {
        IReadOnlyList<Expression> children = expression.Children;
        if (expression is Sum or Product && children.Count > 1)
        {
            for (int at = 0; at < children.Count; at++)
                yield return expression.With([.. children.Where((_, other) => other != at)]);
        }

        for (int at = 0; at < children.Count; at++)
        {
            foreach (Expression shorter in Shorter(children[at]))
                yield return expression.With([.. children.Select((child, other) => other == at ? shorter : child)]);
        }
    }
}
