namespace Kansformers.Inspection;

/// <summary>Sums in one form: flat, like terms collected, ordered, the constant last; sin² + cos² is 1.</summary>
internal static class SumRules
{
    // What cancels down to this share of what was added is rounding.
    private const double Rounding = 1e-14;

    public static Expression Make(IEnumerable<Expression> terms)
    {
        List<Expression> parts = [];
        Dictionary<Expression, (double Coefficient, double Size)> collected = [];
        (double constant, double constantSize) = (0, 0);
        foreach (Expression term in terms.SelectMany(Flat))
        {
            (double coefficient, Expression part) = Split(term);
            if (part is Constant one)
            {
                (constant, constantSize) = (constant + coefficient * one.Value, constantSize + Math.Abs(coefficient * one.Value));
                continue;
            }

            if (!collected.TryGetValue(part, out (double Coefficient, double Size) known))
                parts.Add(part);
            collected[part] = (known.Coefficient + coefficient, known.Size + Math.Abs(coefficient));
        }

        AddSquares(parts, collected, ref constant);
        parts.RemoveAll(part => Math.Abs(collected[part].Coefficient) <= Rounding * collected[part].Size);
        if (Math.Abs(constant) <= Rounding * constantSize)
            constant = 0;
        parts.Sort(TermOrder.Terms);
        List<Expression> result = [.. parts.Select(part => Scaled(collected[part].Coefficient, part))];
        if (constant != 0)
            result.Add(constant);
        return result.Count switch { 0 => 0, 1 => result[0], _ => new Sum(result) };
    }

    /// <summary>A term as a number times what is not one.</summary>
    public static (double Coefficient, Expression Part) Split(Expression term) => term switch
    {
        Constant constant => (constant.Value, new Constant(1)),
        Product { Factors: [Constant coefficient, Expression only] } => (coefficient.Value, only),
        Product { Factors: [Constant coefficient, ..] } product => (coefficient.Value, new Product(product.Factors[1..])),
        _ => (1, term),
    };

    /// <summary>A number times something in its form; a sum is multiplied term by term.</summary>
    public static Expression Scaled(double factor, Expression part)
    {
        if (factor == 1)
            return part;
        if (part is Sum sum)
            return new Sum(sum.Terms.Select(term => Scaled(factor, term)));
        (double coefficient, Expression rest) = Split(part);
        factor *= coefficient;
        return rest is Constant ? factor : factor == 0 ? 0 : factor == 1 ? rest : rest is Product product ? new Product(product.Factors.Prepend(factor)) : new Product([factor, rest]);
    }

    /// <summary>
    /// A sum as a number times one whose first coefficient is above 0, and whose coefficients are whole numbers without a common divisor where they are of such ratios; so
    /// that 2 x + 2 and -3 x - 3 have the same primitive part.
    /// </summary>
    public static (double Content, Sum Primitive) Primitive(Sum sum)
    {
        const int MostDenominator = 3;
        const double Whole = 1e-12;
        double[] coefficients = [.. sum.Terms.Select(term => Split(term).Coefficient)];
        double lead = coefficients[0];
        if (!coefficients.All(double.IsFinite))
            return (1, sum);
        for (int denominator = 1; denominator <= MostDenominator; denominator++)
        {
            double[] whole = [.. coefficients.Select(coefficient => Math.Round(coefficient / lead * denominator))];
            if (whole.Zip(coefficients).All(pair => pair.First is not 0 and > -1e4 and < 1e4 && Math.Abs(pair.Second / lead * denominator - pair.First) <= Whole * Math.Abs(pair.First)))
                return (lead / denominator, With(whole));
        }

        return (lead, With([.. coefficients.Select(coefficient => coefficient / lead)]));

        Sum With(double[] numbers) => new(sum.Terms.Zip(numbers, (term, number) => Scaled(number, Split(term).Part)));
    }

    private static IEnumerable<Expression> Flat(Expression term) => term is Sum sum ? sum.Terms.SelectMany(Flat) : [term];

    // k sin²(u) R + k cos²(u) R = k R.
    private static void AddSquares(List<Expression> parts, Dictionary<Expression, (double Coefficient, double Size)> collected, ref double constant)
    {
        foreach (Expression part in parts.ToArray())
        {
            if (!collected.TryGetValue(part, out (double Coefficient, double Size) sine))
                continue;
            IReadOnlyList<Expression> factors = part is Product product ? product.Factors : [part];
            foreach (Expression factor in factors)
            {
                if (factor is not Power { Exponent: 2, Base: FunctionCall { Function.Name: "sin" } call })
                    continue;
                Expression square = new Power(new FunctionCall(ScalarFunction.Cos, call.Argument), 2);
                List<Expression> others = [.. factors.Where(other => !other.Equals(factor))];
                if (!collected.TryGetValue(ProductRules.Make([.. others, square]), out (double Coefficient, double Size) cosine)
                    || Math.Abs(sine.Coefficient - cosine.Coefficient) > Rounding * sine.Size)
                    continue;
                collected.Remove(part);
                parts.Remove(part);
                Expression other = ProductRules.Make([.. others, square]);
                collected.Remove(other);
                parts.Remove(other);
                if (others.Count == 0)
                {
                    constant += sine.Coefficient;
                    break;
                }

                Expression rest = ProductRules.Make(others);
                if (!collected.TryGetValue(rest, out (double Coefficient, double Size) known))
                    parts.Add(rest);
                collected[rest] = (known.Coefficient + sine.Coefficient, known.Size + Math.Abs(sine.Coefficient));
                break;
            }
        }
    }
}
