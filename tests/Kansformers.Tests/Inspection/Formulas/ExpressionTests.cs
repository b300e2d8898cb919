using Kansformers.Inspection;

namespace Kansformers.Tests.Inspection;

/// <summary>Simplified formulas are equal to what they were, and short; derivatives, text and rounding agree with the values.</summary>
public class ExpressionTests
{
    [Theory]
    [InlineData("x + x", "2*x")]
    [InlineData("2*(x + 1) - 2", "2*x")]
    [InlineData("x*x^2/x^3", "1")]
    [InlineData("0*sin(x) + 0.1 + 0.2 - 0.3", "0")]
    [InlineData("exp(log(x))", "x")]
    [InlineData("log(exp(x + y))", "x + y")]
    [InlineData("exp(2*log(x) + 3*log(y))", "x^2*y^3")]
    [InlineData("exp(x)*exp(y)", "exp(x + y)")]
    [InlineData("exp(x)^2/exp(y)", "exp(2*x - y)")]
    [InlineData("sqrt(x^2)", "abs(x)")]
    [InlineData("sqrt(x)^2", "x")]
    [InlineData("abs(x)^2*x", "x^3")]
    [InlineData("abs(-3*x^3)", "3*abs(x)^3")]
    [InlineData("sqrt(4*x + 8)", "2*sqrt(x + 2)")]
    [InlineData("sin(x + pi/2)", "cos(x)")]
    [InlineData("cos(x - pi/2)", "sin(x)")]
    [InlineData("sin(x + 3*pi)", "-sin(x)")]
    [InlineData("sin(-x) + sin(x)", "0")]
    [InlineData("cos(-2*x - 2*pi)", "cos(2*x)")]
    [InlineData("tan(x + 2*pi)", "tan(x)")]
    [InlineData("3*sin(x*y)^2 + 3*cos(x*y)^2", "3")]
    [InlineData("tanh(-x)", "-tanh(x)")]
    [InlineData("arccos(-x) + arccos(x)", "pi")]
    [InlineData("sgn(-2*x)", "-sgn(x)")]
    [InlineData("0.25*(x + y)^2 - 0.25*(x - y)^2", "x*y")]
    [InlineData("(2*x + 2)^3", "8*(x + 1)^3")]
    [InlineData("(x + 1)^2 + (1 + x)^2", "2*(x + 1)^2")]
    [InlineData("(x - y)*(y - x)", "-(x - y)^2")]
    [InlineData("(x + 1)^2 - x^2 - 2*x", "1")]
    [InlineData("q*E + q*B*v*sin(t)", "q*(B*v*sin(t) + E)")]
    [InlineData("(x^2 - 2*x*y + y^2)/(3*z)", "(x^2 - 2*x*y + y^2)/(3*z)")]
    [InlineData("1/(1/x)", "x")]
    [InlineData("log(x^2)", "2*log(abs(x))")]
    [InlineData("2^x", "exp(0.6931471805599453*x)")]
    [InlineData("exp(3)*exp(x - 3)", "exp(x)")]
    public void A_formula_becomes_short(string text, string shorter) => Assert.Equal(shorter, Expression.Parse(text).Simplify().ToText());

    [Fact]
    public void Random_formulas_keep_their_values()
    {
        const int Formulas = 1000, Points = 6;
        int compared = 0;
        for (int seed = 0; seed < Formulas; seed++)
        {
            Random random = new(seed);
            Expression expression = RandomExpressions.Make(random, 4), simple = expression.Simplify();
            Assert.Equal(simple, simple.Simplify());
            Expression read = Expression.Parse(simple.ToText());
            for (int point = 0; point < Points; point++)
            {
                Dictionary<string, double> at = RandomExpressions.Names.ToDictionary(name => name, _ => random.NextDouble() * 4 - 2);
                if (!RandomExpressions.IsTame(expression, at, out double size))
                    continue;
                double value = expression.Evaluate(at);
                compared++;
                Assert.True(Math.Abs(value - simple.Evaluate(at)) <= 1e-7 * size, $"seed {seed}: {expression} is {value:R}, {simple} is {simple.Evaluate(at):R}");
                Assert.True(Math.Abs(simple.Evaluate(at) - read.Evaluate(at)) <= 1e-9 * size, $"seed {seed}: {simple} was read as {read}");
            }
        }

        Assert.True(compared > Formulas, $"{compared} values were compared");
    }

    [Fact]
    public void Derivatives_are_those_of_the_values()
    {
        const double Step = 1e-6;
        int compared = 0;
        for (int seed = 0; seed < 500; seed++)
        {
            Random random = new(seed);
            Expression expression = RandomExpressions.Make(random, 3), derivative = expression.Derivative("x");
            Dictionary<string, double> at = RandomExpressions.Names.ToDictionary(name => name, _ => random.NextDouble() * 2 - 1);
            double x = at["x"];
            (double above, double below, double wide) = (Value(x + Step), Value(x - Step), (Value(x + 2 * Step) - Value(x - 2 * Step)) / (4 * Step));
            double difference = (above - below) / (2 * Step);
            // Where two differences agree, there is neither kink nor pole nearby.
            if (!RandomExpressions.IsTame(expression, at, out double size) || !(Math.Abs(difference - wide) < 1e-6 * size) || size > 1e3)
                continue;
            at["x"] = x;
            Assert.True(Math.Abs(derivative.Evaluate(at) - difference) <= 1e-4 * size, $"seed {seed}: {expression} by x is not {derivative} at {x:R}: {difference:R}, {derivative.Evaluate(at):R}");
            compared++;

            double Value(double moved)
            {
                at["x"] = moved;
                return expression.Evaluate(at);
            }
        }

        Assert.True(compared > 150, $"{compared} derivatives were compared");
    }

    [Fact]
    public void Equal_trees_are_equal()
    {
        Expression first = Expression.Parse("2*x + sin(y)^2"), second = Expression.Parse("2*x + sin(y)^2");
        Assert.Equal(first, second);
        Assert.Equal(first.GetHashCode(), second.GetHashCode());
        Assert.NotEqual(first, Expression.Parse("2*x + cos(y)^2"));
        Assert.Equal(Expression.Parse("y + x").Simplify(), Expression.Parse("x + y").Simplify());
        Assert.Equal(["x", "y"], first.Variables);
    }

    [Fact]
    public void Numbers_are_rounded_and_those_of_short_names_kept()
    {
        Assert.Equal("1.235*x + 2*pi/3", Expression.Parse("1.23456*x + 2*pi/3").Simplify().Round(4).ToText());
        Assert.Equal("1.2*sqrt(x) + 1/3", Expression.Parse("1.23456*x^0.5 + 1/3").Simplify().Round(2).ToText());
        Assert.Throws<ArgumentOutOfRangeException>(() => Expression.Pi.Round(0));
    }

    [Fact]
    public void Variables_are_replaced()
    {
        Expression replaced = Expression.Parse("x^2 + y").Substitute(new Dictionary<string, Expression> { ["x"] = Expression.Parse("a + 1") });
        Assert.Equal("(a + 1)^2 + y", replaced.ToText());
    }

    [Fact]
    public void A_variable_without_a_value_is_named() =>
        Assert.Contains("'y'", Assert.Throws<KansformersException>(() => Expression.Parse("x + y").Evaluate(new Dictionary<string, double> { ["x"] = 1 })).Message, StringComparison.Ordinal);
}
