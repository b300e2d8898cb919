namespace Kansformers.Inspection;

/// <summary>Powers in one form: of powers as one, of products as products, numbers drawn out of sums. A root is never taken of what may be negative unless it was before.</summary>
internal static class PowerRules
{
    public static Expression Make(Expression part, double exponent)
    {
        if (exponent == 1)
            return part;
        if (exponent == 0)
            return 1;
        bool whole = Power.IsWholeNumber(exponent);
        return part switch
        {
            Constant constant => Power.Of(constant.Value, exponent),
            Power inner => Nested(inner, exponent, whole),
            FunctionCall { Function.Name: "exp" } call => CallRules.Make(ScalarFunction.Exp, ProductRules.Make([exponent, call.Argument])),
            FunctionCall { Function.Name: "abs" } call when IsEven(exponent) => Make(call.Argument, exponent),
            Product product => OfProduct(product, exponent, whole),
            Sum sum => OfSum(sum, exponent, whole),
            _ => new Power(part, exponent),
        };
    }

    /// <summary>Whether it is nowhere below 0, by its form.</summary>
    public static bool IsNonNegative(Expression expression) => expression switch
    {
        Constant constant => constant.Value >= 0,
        Power power => IsEven(power.Exponent) || !power.IsWhole || IsNonNegative(power.Base),
        FunctionCall call => call.Function.Name is "exp" or "abs" or "arccos",
        Sum sum => sum.Terms.All(IsNonNegative),
        Product product => product.Factors.All(IsNonNegative),
        _ => false,
    };

    public static bool IsEven(double exponent) => Power.IsWholeNumber(exponent / 2);

    // (x²)^0.5 is |x|; where the inner exponent is odd or no whole number, the outer root needs x at or above 0 as the one root does.
    private static Expression Nested(Power inner, double exponent, bool whole) =>
        !whole && IsEven(inner.Exponent) ? Make(CallRules.Make(ScalarFunction.Abs, inner.Base), inner.Exponent * exponent) : Make(inner.Base, inner.Exponent * exponent);

    private static Expression OfProduct(Product product, double exponent, bool whole)
    {
        if (whole || product.Factors.All(IsNonNegative))
            return ProductRules.Make(product.Factors.Select(factor => Make(factor, exponent)));
        // Only what is above 0 may leave a root alone.
        List<Expression> outside = [], inside = [];
        foreach (Expression factor in product.Factors)
        {
            if (factor is Constant { Value: not -1 } constant)
            {
                outside.Add(Power.Of(Math.Abs(constant.Value), exponent));
                if (constant.Value < 0)
                    inside.Add(-1);
            }
            else
            {
                (factor is FunctionCall { Function.Name: "exp" } ? outside : inside).Add(factor is FunctionCall { Function.Name: "exp" } ? Make(factor, exponent) : factor);
            }
        }

        Expression rest = ProductRules.Make(inside);
        Expression root = outside.Count > 0 ? Make(rest, exponent) : new Power(rest, exponent);
        return outside.Count == 0 ? root : ProductRules.Make([.. outside, root]);
    }

    private static Expression OfSum(Sum sum, double exponent, bool whole)
    {
        (double content, Sum primitive) = SumRules.Primitive(sum);
        if (whole || content > 0)
            return content == 1 ? new Power(primitive, exponent) : ProductRules.Make([Power.Of(content, exponent), new Power(primitive, exponent)]);
        Expression opposite = SumRules.Scaled(-1, primitive);
        return content == -1 ? new Power(opposite, exponent) : ProductRules.Make([Power.Of(-content, exponent), new Power(opposite, exponent)]);
    }
}
