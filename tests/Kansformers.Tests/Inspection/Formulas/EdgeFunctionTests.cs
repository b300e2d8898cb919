using Kansformers.Inspection;

namespace Kansformers.Tests.Inspection;

/// <summary>Each listed function's value, derivative, domain and expression tell the same.</summary>
public class EdgeFunctionTests
{
    public static TheoryData<string> Names => [.. EdgeFunction.All.Select(function => function.Name)];

    /// <summary>Arguments of which each function has some in its domain.</summary>
    internal static IReadOnlyList<double> Arguments { get; } = [-2.3, -1.4, -0.9, -0.31, 0.17, 0.6, 0.95, 1.3, 2.9];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_slope_is_the_value_s_derivative(string name)
    {
        const double Step = 1e-6;
        EdgeFunction function = EdgeFunction.Of(name);
        int compared = 0;
        foreach (double x in Arguments.Where(x => function.IsDefined(x - Step, x + Step)))
        {
            double difference = (function.Value(x + Step) - function.Value(x - Step)) / (2 * Step);
            Assert.Equal(difference, function.Slope(x), 1e-6 * Math.Max(1, Math.Abs(difference)));
            compared++;
        }

        Assert.True(compared >= 3, $"{name} was compared at {compared} places");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_expression_has_the_function_s_values(string name)
    {
        EdgeFunction function = EdgeFunction.Of(name);
        Expression expression = function.Express(new Variable("x"));
        foreach (double x in Arguments)
        {
            double value = expression.Evaluate(new Dictionary<string, double> { ["x"] = x });
            if (function.IsDefined(x, x))
                Assert.Equal(function.Value(x), value, 1e-13 * Math.Max(1, Math.Abs(function.Value(x))));
            else
                Assert.False(double.IsFinite(value), $"{name} has a value at {x}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Where_it_is_defined_it_has_a_value(string name)
    {
        EdgeFunction function = EdgeFunction.Of(name);
        Assert.All(Arguments, x => Assert.Equal(double.IsFinite(function.Value(x)), function.IsDefined(x, x)));
    }

    [Theory]
    [InlineData("log", -1, 1, false)]
    [InlineData("log", 0, 1, false)]
    [InlineData("log", 0.1, 1, true)]
    [InlineData("sqrt", 0, 1, true)]
    [InlineData("sqrt", -0.1, 1, false)]
    [InlineData("1/x", -1, 1, false)]
    [InlineData("1/x^2", -1, 1, false)]
    [InlineData("1/x", -2, -1, true)]
    [InlineData("tan", 1, 2, false)]
    [InlineData("tan", 2, 4, true)]
    [InlineData("arcsin", -1, 1, true)]
    [InlineData("arctanh", -1, 0, false)]
    public void A_domain_has_no_pole_within(string name, double low, double high, bool defined) => Assert.Equal(defined, EdgeFunction.Of(name).IsDefined(low, high));

    [Fact]
    public void Names_are_found_pykan_s_second_ones_too()
    {
        Assert.Equal("sqrt", EdgeFunction.Of("x^0.5").Name);
        Assert.Equal("1/sqrt(x)", EdgeFunction.Of("1/x^0.5").Name);
        Assert.Contains("there is no function 'sinh'", Assert.Throws<KansformersException>(() => EdgeFunction.Of("sinh")).Message, StringComparison.Ordinal);
        Assert.Equal(EdgeFunction.All.Count, EdgeFunction.All.Select(function => function.Name).Distinct().Count());
    }
}
