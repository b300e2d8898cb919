namespace Kansformers.Inspection;

/// <summary>Sums multiplied out, and common factors taken out, where the result is shorter: (x + y)² - (x - y)² is 4 x y, and (x + y)³ stays.</summary>
internal static class Expanding
{
    private const int MostTerms = 60, HighestPower = 6;

    public static Expression Shortest(Expression expression)
    {
        if (expression is not Sum sum)
            return Shorter(MultipliedOut(expression), expression);
        Expression[] own = [.. sum.Terms], open = [.. own.Select(MultipliedOut)];
        if (!own.SequenceEqual(open))
        {
            Expression best = SumRules.Make(open);
            // What gained nothing by being multiplied out closes again.
            for (int at = 0; at < own.Length; at++)
            {
                if (own[at].Equals(open[at]))
                    continue;
                (Expression before, open[at]) = (open[at], own[at]);
                Expression closed = SumRules.Make(open);
                if (closed.Complexity <= best.Complexity)
                    best = closed;
                else
                    open[at] = before;
            }

            expression = Shorter(best, expression);
        }

        return expression is Sum terms ? Shorter(Factored(terms), terms) : expression;
    }

    private static Expression Shorter(Expression other, Expression than) => other.Complexity < than.Complexity ? other : than;

    private static Expression MultipliedOut(Expression term)
    {
        IReadOnlyList<Expression> factors = term is Product product ? product.Factors : [term];
        if (!factors.Any(factor => Terms(factor) is not null))
            return term;
        List<Expression> sum = [1];
        foreach (Expression factor in factors)
        {
            (IReadOnlyList<Expression> terms, int power) = Terms(factor) ?? ([factor], 1);
            for (int times = 0; times < power; times++)
            {
                if (sum.Count * terms.Count > MostTerms)
                    return term;
                Expression next = SumRules.Make(from left in sum from right in terms select ProductRules.Make([left, right]));
                sum = next is Sum many ? [.. many.Terms] : [next];
            }
        }

        return SumRules.Make(sum);
    }

    private static (IReadOnlyList<Expression> Terms, int Power)? Terms(Expression factor) => factor switch
    {
        Sum sum => (sum.Terms, 1),
        Power { Base: Sum sum, Exponent: >= 2 and <= HighestPower, IsWhole: true } power => (sum.Terms, (int)power.Exponent),
        _ => null,
    };

    // What every term has as a factor stands before the sum of the rests.
    private static Expression Factored(Sum sum)
    {
        Dictionary<Expression, double>? common = null;
        foreach (Expression term in sum.Terms)
        {
            Dictionary<Expression, double> own = [];
            foreach (Expression factor in term is Product product ? product.Factors : [term])
            {
                (Expression part, double exponent) = factor is Power power ? (power.Base, power.Exponent) : (factor, 1);
                if (part is not Constant)
                    own[part] = exponent;
            }

            // Of exponents of one sign the one nearer to 0 is in both.
            common = common is null ? own : common.Where(pair => own.TryGetValue(pair.Key, out double exponent) && exponent * pair.Value > 0)
                .ToDictionary(pair => pair.Key, pair => Math.MinMagnitude(pair.Value, own[pair.Key]));
            if (common.Count == 0)
                return sum;
        }

        Expression[] factors = [.. common!.Select(pair => PowerRules.Make(pair.Key, pair.Value))];
        Expression[] inverses = [.. common!.Select(pair => PowerRules.Make(pair.Key, -pair.Value))];
        Expression rest = SumRules.Make(sum.Terms.Select(term => ProductRules.Make([term, .. inverses])));
        return ProductRules.Make([rest, .. factors]);
    }
}
