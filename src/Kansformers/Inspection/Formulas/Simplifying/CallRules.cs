namespace Kansformers.Inspection;

/// <summary>Functions in one form: of numbers as numbers, signs drawn out, periods taken off, exponential function and logarithm undone by one another.</summary>
internal static class CallRules
{
    private const double QuarterTurn = Math.PI / 2;

    // Of a phase: less is rounding.
    private const double NoPhase = 1e-13;

    public static Expression Make(ScalarFunction function, Expression argument)
    {
        if (argument is Constant constant)
            return function.Value(constant.Value);
        if (function.Parity != 0 && IsNegative(argument))
            return SumRules.Scaled(function.Parity, Make(function, SumRules.Make([SumRules.Scaled(-1, argument)])));
        return function.Name switch
        {
            "exp" => Exp(argument),
            "log" => Log(argument),
            "abs" => Abs(argument),
            "sgn" => Sign(argument),
            "sin" => Shifted(argument, sine: true),
            "cos" => Shifted(argument, sine: false),
            "tan" => Tan(argument),
            "arccos" when IsNegative(argument) => SumRules.Make([Math.PI, SumRules.Scaled(-1, new FunctionCall(function, SumRules.Make([SumRules.Scaled(-1, argument)])))]),
            _ => new FunctionCall(function, argument),
        };
    }

    // By its first coefficient, which the order of terms makes unique.
    private static bool IsNegative(Expression argument) => SumRules.Split(argument is Sum sum ? sum.Terms[0] : argument).Coefficient < 0;

    private static (Expression Others, double Constant) WithoutConstant(Expression argument) =>
        argument is Sum { Terms: [.., Constant last] } sum ? (SumRules.Make(sum.Terms[..^1]), last.Value) : (argument, 0);

    // exp(u + c + k log v) = e^c v^k exp(u).
    private static Expression Exp(Expression argument)
    {
        (Expression rest, double constant) = WithoutConstant(argument);
        List<Expression> outside = [], inside = [];
        foreach (Expression term in rest is Sum sum ? sum.Terms : [rest])
        {
            (double coefficient, Expression part) = SumRules.Split(term);
            if (part is FunctionCall { Function.Name: "log" } log)
                outside.Add(PowerRules.Make(log.Argument, coefficient));
            else
                inside.Add(term);
        }

        double factor = Math.Exp(constant);
        // A factor beyond the range of numbers stays in.
        if (factor is 0 or double.PositiveInfinity)
            (factor, inside) = (1, [.. inside, constant]);
        Expression exponent = SumRules.Make(inside);
        if (factor == 1 && outside.Count == 0)
            return new FunctionCall(ScalarFunction.Exp, exponent);
        Expression own = exponent is Constant none ? Math.Exp(none.Value) : new FunctionCall(ScalarFunction.Exp, exponent);
        return ProductRules.Make([factor, own, .. outside]);
    }

    // log(c u) = log c + log u for c above 0; log(u^n) = n log u, with |u| where n is even.
    private static Expression Log(Expression argument)
    {
        switch (argument)
        {
            case FunctionCall { Function.Name: "exp" } exp:
                return exp.Argument;
            case Power power:
                Expression part = PowerRules.IsEven(power.Exponent) ? Make(ScalarFunction.Abs, power.Base) : power.Base;
                return ProductRules.Make([power.Exponent, Make(ScalarFunction.Log, part)]);
            case Product product:
                List<Expression> outside = [], inside = [];
                foreach (Expression factor in product.Factors)
                {
                    if (factor is FunctionCall { Function.Name: "exp" } exp)
                        outside.Add(exp.Argument);
                    else if (factor is Constant { Value: not -1 } constant)
                        (outside, inside) = ([.. outside, Math.Log(Math.Abs(constant.Value))], constant.Value < 0 ? [.. inside, -1] : inside);
                    else
                        inside.Add(factor);
                }

                return outside.Count == 0 ? new FunctionCall(ScalarFunction.Log, argument) : SumRules.Make([.. outside, Make(ScalarFunction.Log, ProductRules.Make(inside))]);
            case Sum sum:
                (double content, Sum primitive) = SumRules.Primitive(sum);
                Expression own = content < 0 ? SumRules.Scaled(-1, primitive) : primitive;
                return Math.Abs(content) == 1 ? new FunctionCall(ScalarFunction.Log, own) : SumRules.Make([Math.Log(Math.Abs(content)), new FunctionCall(ScalarFunction.Log, own)]);
            default:
                return new FunctionCall(ScalarFunction.Log, argument);
        }
    }

    private static Expression Abs(Expression argument)
    {
        if (PowerRules.IsNonNegative(argument))
            return argument;
        switch (argument)
        {
            case Product product:
                return ProductRules.Make(product.Factors.Select(factor => Make(ScalarFunction.Abs, factor)));
            case Power { IsWhole: true } power:
                return PowerRules.Make(Make(ScalarFunction.Abs, power.Base), power.Exponent);
            case Sum sum:
                (double content, Sum primitive) = SumRules.Primitive(sum);
                return SumRules.Scaled(Math.Abs(content), new FunctionCall(ScalarFunction.Abs, primitive));
            default:
                return new FunctionCall(ScalarFunction.Abs, argument);
        }
    }

    private static FunctionCall Sign(Expression argument)
    {
        if (argument is Sum sum)
            return new FunctionCall(ScalarFunction.Sign, SumRules.Primitive(sum).Primitive);
        // Its sign is positive already.
        return SumRules.Split(argument) is (not 1, var part) ? new FunctionCall(ScalarFunction.Sign, part) : new FunctionCall(ScalarFunction.Sign, argument);
    }

    // Quarters of a turn go into the choice of sine or cosine and its sign; less than an eighth stays.
    private static Expression Shifted(Expression argument, bool sine)
    {
        (Expression rest, double phase) = WithoutConstant(argument);
        double quarters = Math.Round(phase / QuarterTurn);
        if (phase == 0 || Math.Abs(quarters) > 1e6)
            return new FunctionCall(sine ? ScalarFunction.Sin : ScalarFunction.Cos, argument);
        double left = phase - quarters * QuarterTurn;
        int quarter = (int)(((long)quarters + (sine ? 0 : 1)) & 3);
        Expression inner = Math.Abs(left) <= NoPhase * Math.Max(1, Math.Abs(phase)) ? rest : SumRules.Make([rest, left]);
        return SumRules.Scaled(quarter < 2 ? 1 : -1, new FunctionCall((quarter & 1) == 0 ? ScalarFunction.Sin : ScalarFunction.Cos, inner));
    }

    private static FunctionCall Tan(Expression argument)
    {
        (Expression rest, double phase) = WithoutConstant(argument);
        double halves = Math.Round(phase / Math.PI), left = phase - halves * Math.PI;
        if (halves == 0 || Math.Abs(halves) > 1e6)
            return new FunctionCall(ScalarFunction.Tan, argument);
        return new FunctionCall(ScalarFunction.Tan, Math.Abs(left) <= NoPhase * Math.Abs(phase) ? rest : SumRules.Make([rest, left]));
    }
}
