using System.Globalization;

namespace Kansformers.Inspection;

/// <summary>Writes a tree in one notation: what binds how tightly is the same in all of them, and stands here; a notation says how it writes the parts.</summary>
internal abstract class ExpressionWriter
{
    protected const int SumLevel = 1, ProductLevel = 2, PowerLevel = 3, AtomLevel = 4;

    /// <summary>The text of a tree.</summary>
    public string Write(Expression expression) => Piece(expression).Text;

    protected abstract string Number(double value);

    protected abstract string Name(string variable);

    /// <summary>π, and the text of a number that is none.</summary>
    protected abstract string Special(double value);

    protected abstract (string Text, int Level) Power(Power power);

    protected abstract (string Text, int Level) FunctionCall(FunctionCall call);

    protected abstract (string Text, int Level) Quotient(IReadOnlyList<Expression> above, IReadOnlyList<Expression> below);

    protected abstract string Times(IReadOnlyList<string> factors);

    protected virtual string Parenthesized(string text) => $"({text})";

    /// <summary>The text of a part, in parentheses where it binds less tightly than what stands around it.</summary>
    protected string At(Expression expression, int level)
    {
        (string text, int own) = Piece(expression);
        return own < level ? Parenthesized(text) : text;
    }

    protected static string Digits(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private (string Text, int Level) Piece(Expression expression) => expression switch
    {
        Constant constant => OfConstant(constant.Value),
        Variable variable => (Name(variable.Name), AtomLevel),
        Sum sum => OfSum(sum),
        Product product => OfProduct(product),
        Power { Exponent: < 0 } power => OfProduct(new Product(power)),
        Power power => Power(power),
        FunctionCall call => FunctionCall(call),
        _ => throw new ArgumentException($"there is no text for {expression.GetType().Name}", nameof(expression)),
    };

    private (string, int) OfConstant(double value)
    {
        if (!double.IsFinite(value) || value == Math.PI)
            return (Special(value), double.IsNegativeInfinity(value) ? SumLevel : AtomLevel);
        if (KnownNumber.Exactly(value) is KnownNumber known)
            return Piece(known.Express());
        return value < 0 ? ("-" + Number(-value), SumLevel) : (Number(value), AtomLevel);
    }

    private (string, int) OfSum(Sum sum)
    {
        if (sum.Terms.Length < 2)
            return Piece(sum.Terms.Length == 0 ? 0 : sum.Terms[0]);
        List<Expression> terms = [.. sum.Terms];
        // 1 - x rather than -x + 1.
        int first = terms.FindIndex(term => !Negated(term, out _));
        if (first > 0)
        {
            terms.Insert(0, terms[first]);
            terms.RemoveAt(first + 1);
        }

        string text = Negated(terms[0], out Expression opposite) ? "-" + At(opposite, ProductLevel) : At(terms[0], SumLevel);
        foreach (Expression term in terms.Skip(1))
            text += Negated(term, out opposite) ? " - " + At(opposite, ProductLevel) : " + " + At(term, ProductLevel);
        return (text, SumLevel);
    }

    private (string, int) OfProduct(Product product)
    {
        if (Negated(product, out Expression opposite))
            return ("-" + At(opposite, ProductLevel), SumLevel);
        List<Expression> above = [], below = [];
        foreach (Expression factor in product.Factors.SelectMany(Parts))
        {
            if (factor is Power { Exponent: < 0 } power)
                below.Add(power.Exponent == -1 ? power.Base : new Power(power.Base, -power.Exponent));
            else if (factor is not Inspection.Constant { Value: 1 })
                above.Add(factor);
        }

        if (below.Count > 0)
            return Quotient(above, below);
        return above.Count switch
        {
            0 => OfConstant(1),
            1 => Piece(above[0]),
            _ => (Times([.. above.Select((factor, at) => At(factor, at == 0 ? ProductLevel : PowerLevel))]), ProductLevel),
        };
    }

    // x/3 rather than 1/3*x.
    private static IEnumerable<Expression> Parts(Expression factor) =>
        factor is Constant constant && KnownNumber.Exactly(constant.Value)?.Express() is Expression named ? named is Product product ? product.Factors : [named] : [factor];

    // Whether it is written with a minus sign, and what follows it.
    private static bool Negated(Expression term, out Expression opposite)
    {
        opposite = term;
        switch (term)
        {
            case Constant { Value: < 0 and > double.NegativeInfinity } constant:
                opposite = -constant.Value;
                return true;
            case Product { Factors: [Constant { Value: < 0 and > double.NegativeInfinity } constant, _, ..] } product:
                opposite = new Product(constant.Value == -1 ? product.Factors[1..] : product.Factors.SetItem(0, -constant.Value));
                return true;
            default:
                return false;
        }
    }
}
