using System.Globalization;
using System.Text;

namespace Kansformers.Inspection;

/// <summary>Reads text into a tree, from the loosest operation down: sums, products, signs, powers, atoms.</summary>
internal sealed class ExpressionParser(string text, IReadOnlyList<ScalarFunction> functions)
{
    // So deep a text is no formula of a person, and would end the stack.
    private const int Deepest = 500;

    private int _at, _depth;

    public Expression Parse()
    {
        Expression expression = Sum();
        return _at == text.Length ? expression : throw Fault($"'{text[_at]}' does not continue a formula");
    }

    private Expression Sum()
    {
        if (++_depth > Deepest)
            throw Fault($"there are more than {Deepest} parentheses and signs within each other");
        List<Expression> terms = [Product()];
        while (true)
        {
            if (Take("+"))
                terms.Add(Product());
            else if (Take("-"))
                terms.Add(Opposite(Product()));
            else
                break;
        }

        _depth--;
        return terms.Count == 1 ? terms[0] : new Sum(terms);
    }

    private Expression Product()
    {
        List<Expression> factors = [Signed()];
        while (true)
        {
            if (!Ahead("**") && Take("*"))
                factors.Add(Signed());
            else if (Take("/"))
                factors.Add(new Power(Signed(), -1));
            else
                return factors.Count == 1 ? factors[0] : new Product(factors);
        }
    }

    private Expression Signed()
    {
        if (++_depth > Deepest)
            throw Fault($"there are more than {Deepest} parentheses and signs within each other");
        Expression value = Take("-") ? Opposite(Signed()) : Take("+") ? Signed() : Power();
        _depth--;
        return value;
    }

    private static Expression Opposite(Expression value) => value is Constant constant ? -constant.Value : -value;

    // x^2^3 is x^(2^3); what is raised to something that is no number goes through the logarithm.
    private Expression Power()
    {
        Expression part = Atom();
        if (!Take("^") && !Take("**"))
            return part;
        Expression exponent = Signed().Simplify();
        return exponent is Constant number ? new Power(part, number.Value) : Expression.Exp(exponent * Expression.Log(part));
    }

    private Expression Atom()
    {
        Space();
        if (_at == text.Length)
            throw Fault("it ends where a number, a name or a parenthesis should stand");
        if (Take("("))
            return Closed(Sum());
        if (text[_at] == '`')
            return new Variable(Quoted());
        if (char.IsAsciiDigit(text[_at]) || text[_at] == '.')
            return Number();
        if (!ExpressionNames.IsStart(text[_at]))
            throw Fault($"'{text[_at]}' begins no number, name or parenthesis");
        int start = _at;
        while (_at < text.Length && ExpressionNames.IsPart(text[_at]))
            _at++;
        string name = text[start.._at];
        if (!Take("("))
            return name switch { "pi" => Expression.Pi, "inf" => double.PositiveInfinity, "nan" => double.NaN, _ => new Variable(name) };
        Expression argument = Closed(Sum());
        ScalarFunction? function = ScalarFunction.All.Concat(functions).FirstOrDefault(known => known.Name == name switch
        { "ln" => "log", "asin" => "arcsin", "acos" => "arccos", "atan" => "arctan", "atanh" => "arctanh", "sign" => "sgn", _ => name });
        return name == "sqrt" ? Expression.Sqrt(argument) : function is not null ? new FunctionCall(function, argument)
            : throw Fault($"there is no function '{name}'; there are {string.Join(", ", ScalarFunction.All.Concat(functions).Select(known => known.Name))} and sqrt");
    }

    private Expression Closed(Expression inner) => Take(")") ? inner : throw Fault("a parenthesis is not closed");

    private string Quoted()
    {
        StringBuilder name = new();
        for (_at++; _at < text.Length; _at++)
        {
            if (text[_at] != '`')
            {
                name.Append(text[_at]);
            }
            else if (_at + 1 < text.Length && text[_at + 1] == '`')
            {
                name.Append('`');
                _at++;
            }
            else
            {
                _at++;
                return name.ToString();
            }
        }

        throw Fault("a name in ` ` is not closed");
    }

    private Constant Number()
    {
        int start = _at;
        Digits();
        if (_at < text.Length && text[_at] == '.')
            _at++;
        Digits();
        if (_at < text.Length && text[_at] is 'e' or 'E')
        {
            int before = _at++;
            if (_at < text.Length && text[_at] is '+' or '-')
                _at++;
            if (_at == text.Length || !char.IsAsciiDigit(text[_at]))
                _at = before;
            else
                Digits();
        }

        return double.TryParse(text[start.._at], NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? new Constant(value) : throw Fault($"'{text[start.._at]}' is no number");

        void Digits()
        {
            while (_at < text.Length && char.IsAsciiDigit(text[_at]))
                _at++;
        }
    }

    private bool Take(string token)
    {
        if (!Ahead(token))
            return false;
        _at += token.Length;
        Space();
        return true;
    }

    private bool Ahead(string token)
    {
        Space();
        return string.CompareOrdinal(text, _at, token, 0, token.Length) == 0;
    }

    private void Space()
    {
        while (_at < text.Length && char.IsWhiteSpace(text[_at]))
            _at++;
    }

    private KansformersException Fault(string what) => new($"cannot read the formula '{(text.Length > 200 ? text[..200] + "..." : text)}' at character {_at + 1}: {what}");
}
