namespace Kansformers.Inspection;

/// <summary>
/// Makes expressions short. Each node is brought to one form from its children up (<see cref="SumRules"/>, <see cref="ProductRules"/>, <see cref="PowerRules"/>,
/// <see cref="CallRules"/>), so that like things become equal and meet; sums are then multiplied out or their common factors taken out where that says the same with less
/// (<see cref="Expanding"/>). Repeated until nothing changes.
/// </summary>
internal static class Simplification
{
    private const int MostPasses = 12;

    public static Expression Run(Expression expression)
    {
        for (int pass = 0; pass < MostPasses; pass++)
        {
            Expression next = Pass(expression);
            if (next.Equals(expression))
                break;
            expression = next;
        }

        return expression;
    }

    private static Expression Pass(Expression expression)
    {
        Expression form = expression switch
        {
            Sum sum => SumRules.Make(sum.Terms.Select(Pass)),
            Product product => ProductRules.Make(product.Factors.Select(Pass)),
            Power power => PowerRules.Make(Pass(power.Base), power.Exponent),
            FunctionCall call => CallRules.Make(call.Function, Pass(call.Argument)),
            _ => expression,
        };
        return form is Sum or Product ? Expanding.Shortest(form) : form;
    }
}
