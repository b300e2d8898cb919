using System.Globalization;
using Kansformers.Inspection;

namespace Kansformers.Tests.Inspection;

/// <summary>What is exported computes the formula: text is read back, C# compiled, Python run; names of variables are whatever a table has.</summary>
public class ExpressionTextTests
{
    private static readonly string[] HostileNames = ["a b", "class", "1x", "", "x^2", "pi", "sin", "`", "a_b", "new\nline */ // \"", "\u2028", "λ", "Math", "math", "lambda", "double", "\\input{x}", "100%"];

    private static readonly Expression Example = Expression.Parse("-2*pi/3*x^2*sqrt(y + 1)/(z*exp(-x)) + 1.5e-7*tanh(x - y)^3 - abs(x*y)/(4*z) + arctan(1/z^2) - sgn(x)*x^1.5 + z^-0.5 + (x - 1)^2^2");

    private static readonly Dictionary<string, double> Place = new() { ["x"] = 1.25, ["y"] = 0.5, ["z"] = 3 };

    [Theory]
    [InlineData("1 + 2*3^2", 19)]
    [InlineData("-2^2", -4)]
    [InlineData("2^-1", 0.5)]
    [InlineData("2**3**2", 512)]
    [InlineData("6/3/2", 1)]
    [InlineData("1 - 2 - 3", -4)]
    [InlineData("--1 - -1", 2)]
    [InlineData(" ( 1+2 ) * 1.5e1 ", 45)]
    [InlineData("ln(exp(2)) + sqrt(9) + asin(0) + pi - pi", 5)]
    [InlineData("2^(1 + 1)", 4)]
    public void Text_is_read_as_people_mean_it(string text, double value) => Assert.Equal(value, Expression.Parse(text).Evaluate(new Dictionary<string, double>()), 1e-14);

    [Theory]
    [InlineData("", "ends where")]
    [InlineData("1 +", "ends where")]
    [InlineData("(1", "not closed")]
    [InlineData("1 2", "does not continue")]
    [InlineData("foo(1)", "no function 'foo'")]
    [InlineData("`a", "not closed")]
    [InlineData("1..2", "does not continue")]
    [InlineData("#", "begins no number")]
    public void Text_that_is_no_formula_is_refused_with_its_place(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<KansformersException>(() => Expression.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Text_of_endless_depth_is_refused() =>
        Assert.Contains("within each other", Assert.Throws<KansformersException>(() => Expression.Parse(new string('(', 100_000))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("2*pi*x/3", "2*pi*x/3")]
    [InlineData("x/(y*z)", "x/(y*z)")]
    [InlineData("x/y^2", "x/y^2")]
    [InlineData("-(x + y)", "-x - y")]
    [InlineData("1 - x", "1 - x")]
    [InlineData("1/sqrt(2*pi)*exp(-x^2/2)", "exp(-0.5*x^2)/sqrt(2*pi)")]
    [InlineData("(-2)*(-x)", "2*x")]
    public void Formulas_are_written_as_people_write_them(string text, string written) => Assert.Equal(written, Expression.Parse(text).Simplify().ToText());

    [Theory]
    [InlineData("2*pi*x^2/3", @"\frac{2 \, \pi \, {x}^{2}}{3}")]
    [InlineData("sqrt(x1) + exp(-y)", @"\sqrt{x_{1}} + e^{-y}")]
    [InlineData("abs(x + 1)*sin(`my_name`)", @"\left|x + 1\right| \, \sin\left(\text{my\_name}\right)")]
    [InlineData("1e-7*x*(y + 1)", @"10^{-7} \, x \, \left(y + 1\right)")]
    [InlineData("sin(x)^2", @"{\left(\sin\left(x\right)\right)}^{2}")]
    public void LaTeX_is_written(string text, string written) => Assert.Equal(written, Expression.Parse(text).ToLaTeX());

    [Fact]
    public void Names_of_every_sort_are_read_back()
    {
        Expression expression = new Sum(HostileNames.Select((name, at) => at * new Variable(name)));
        Expression read = Expression.Parse(expression.ToText());
        Assert.Equal(expression.Variables, read.Variables);
        Dictionary<string, double> at = HostileNames.Select((name, index) => (name, index)).ToDictionary(pair => pair.name, pair => 1.0 / (pair.index + 1));
        Assert.Equal(expression.Evaluate(at), read.Evaluate(at), 1e-14);
        string latex = expression.ToLaTeX();
        Assert.DoesNotContain("\n", latex, StringComparison.Ordinal);
        Assert.Contains(@"\text{\textbackslash{}input\{x\}}", latex, StringComparison.Ordinal);
        Assert.Contains(@"\text{100\%}", latex, StringComparison.Ordinal);
    }

    [Fact]
    public void C_sharp_compiles_and_computes_the_same()
    {
        Expression hostile = new Sum(HostileNames.Select((name, at) => (at + 1) * new Variable(name)));
        string source = $$"""
            using System;
            public static class Program
            {
            {{Example.ToCSharp("Example")}}
            {{Example.Simplify().ToCSharp("Simple")}}
            {{hostile.ToCSharp("class", HostileNames)}}
                public static void Main()
                {
                    Console.WriteLine(Example(1.25, 0.5, 3).ToString("R", System.Globalization.CultureInfo.InvariantCulture));
                    Console.WriteLine(Simple(1.25, 0.5, 3).ToString("R", System.Globalization.CultureInfo.InvariantCulture));
                    Console.WriteLine(@class({{string.Join(", ", Enumerable.Range(1, HostileNames.Length))}}));
                }
            }
            """.Replace("double class(", "double @class(", StringComparison.Ordinal);
        Check(CSharpProgram.Run(source));
    }

    [Fact]
    public void Python_computes_the_same()
    {
        string python = OperatingSystem.IsWindows() ? "python" : "python3";
        Expression hostile = new Sum(HostileNames.Select((name, at) => (at + 1) * new Variable(name)));
        using TestFolder folder = new();
        string program = folder.Write("formula.py", $"""
            {Example.ToPython("example")}
            {Example.Simplify().ToPython("simple")}
            {hostile.ToPython("hostile", HostileNames)}
            print(repr(example(1.25, 0.5, 3)))
            print(repr(simple(1.25, 0.5, 3)))
            print(hostile({string.Join(", ", Enumerable.Range(1, HostileNames.Length))}))
            """);
        string output;
        try
        {
            output = CSharpProgram.Output(python, program);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("needs Python");
            return;
        }

        Check(output);
    }

    [Fact]
    public void A_variable_without_a_parameter_is_named() =>
        Assert.Contains("'y'", Assert.Throws<KansformersException>(() => Example.ToCSharp("F", ["x", "z"])).Message, StringComparison.Ordinal);

    private static void Check(string output)
    {
        double expected = Example.Evaluate(Place);
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.True(lines.Length == 3, output);
        Assert.Equal(expected, double.Parse(lines[0], CultureInfo.InvariantCulture), 1e-13 * Math.Abs(expected));
        Assert.Equal(expected, double.Parse(lines[1], CultureInfo.InvariantCulture), 1e-13 * Math.Abs(expected));
        Assert.Equal(Enumerable.Range(1, HostileNames.Length).Sum(number => (double)number * number), double.Parse(lines[2], CultureInfo.InvariantCulture));
    }
}
