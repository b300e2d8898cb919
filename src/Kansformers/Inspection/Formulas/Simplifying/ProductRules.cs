namespace Kansformers.Inspection;

/// <summary>Products in one form: flat, one number first, equal bases and all exponential functions as one, ordered; a number times a lone sum is multiplied out.</summary>
internal static class ProductRules
{
    public static Expression Make(IEnumerable<Expression> factors)
    {
        Collected collected = new();
        foreach (Expression factor in factors)
            collected.Add(factor);
        while (collected.Exponents.Count > 1)
        {
            Expression exponent = SumRules.Make(collected.Exponents);
            collected.Exponents.Clear();
            collected.Add(CallRules.Make(ScalarFunction.Exp, exponent));
        }

        if (collected.Coefficient == 0)
            return 0;
        List<Expression> made = [];
        bool again = false;
        foreach (Expression part in collected.Bases)
        {
            double exponent = collected.ExponentOf(part);
            if (exponent == 0)
                continue;
            Expression power = PowerRules.Make(part, exponent);
            // |x|² became x², which may have met another x.
            again |= power is not Power && !power.Equals(part) || power is Power { Base: var own } && !own.Equals(part);
            made.Add(power);
        }

        made.AddRange(collected.Exponents.Select(exponent => new FunctionCall(ScalarFunction.Exp, exponent)));
        if (again)
            return Make([collected.Coefficient, .. made]);
        made.Sort(TermOrder.Instance);
        return made switch
        {
            [] => collected.Coefficient,
            [Expression only] => SumRules.Scaled(collected.Coefficient, only),
            _ => collected.Coefficient == 1 ? new Product(made) : new Product(made.Prepend(collected.Coefficient)),
        };
    }

    private sealed class Collected
    {
        private readonly Dictionary<Expression, double> _exponents = [];

        public double Coefficient { get; private set; } = 1;

        public List<Expression> Bases { get; } = [];

        public List<Expression> Exponents { get; } = []; // of e

        public double ExponentOf(Expression part) => _exponents[part];

        public void Add(Expression factor)
        {
            switch (factor)
            {
                case Constant constant:
                    Coefficient *= constant.Value;
                    break;
                case Product product:
                    foreach (Expression part in product.Factors)
                        Add(part);
                    break;
                case FunctionCall { Function.Name: "exp" } call:
                    Exponents.Add(call.Argument);
                    break;
                case Power power:
                    Add(power.Base, power.Exponent);
                    break;
                case Sum sum:
                    (double content, Sum primitive) = SumRules.Primitive(sum);
                    Coefficient *= content;
                    Add(primitive, 1);
                    break;
                default:
                    Add(factor, 1);
                    break;
            }
        }

        private void Add(Expression part, double exponent)
        {
            if (!_exponents.TryGetValue(part, out double known))
                Bases.Add(part);
            _exponents[part] = known + exponent;
        }
    }
}
