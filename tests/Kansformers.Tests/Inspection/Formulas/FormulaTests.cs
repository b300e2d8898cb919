using Kansformers.Inspection;

namespace Kansformers.Tests.Inspection;

/// <summary>Networks of formulas become one formula in the data's units, with the numbers that it means.</summary>
public class FormulaTests
{
    private const int Rows = 300;

    [Fact]
    public void A_network_becomes_one_formula()
    {
        // exp(sin(pi x) + y²), as a network [2, 1, 1] says it.
        FormulaLayer inner = Layer(Sum(new FormulaEdge(0, Edge("sin", Math.PI, 0, 1, 0)), new FormulaEdge(1, Edge("x^2", 1, 0, 1, 0))));
        Formula formula = Assert.Single(Formula.Of([inner, Layer(Sum(new FormulaEdge(0, Edge("exp", 1, 0, 1, 0))))], ["x", "y"]));
        Assert.Equal("exp(y^2 + sin(pi*x))", formula.ToString());
    }

    [Fact]
    public void Multiplication_nodes_scales_and_shifts_are_in_the_formula()
    {
        Random random = new(5);
        EdgeFunction[] functions = [.. "x x^2 x^3 sin cos tanh exp gaussian arctan abs".Split(' ').Select(EdgeFunction.Of)];
        FormulaSubnode Random(int inputs) => new([.. Enumerable.Range(0, inputs).Select(input => new FormulaEdge(input, new EdgeFormula(functions[random.Next(functions.Length)], Number(), Number(), Number(), Number())))], Number(), Number());
        double Number() => random.NextDouble() * 2 - 1;
        for (int network = 0; network < 20; network++)
        {
            FormulaLayer[] layers =
            [
                new([new([Random(3)], Number(), Number()), new([Random(3), Random(3)], Number(), Number()), new([Random(3), Random(3), Random(3)], Number(), Number())]),
                new([new([Random(3), Random(3)], Number(), Number()), new([Random(3)], Number(), Number())]),
            ];
            ColumnScale[] inputs = [new(1, 2), new(-3, 0.5), ColumnScale.None], outputs = [new(10, 3), new(-1, 0.1)];
            IReadOnlyList<Formula> formulas = Formula.Of(layers, ["a", "b", "c"], inputs, outputs);
            double[][] columns = Columns(random, 3);
            double[][] expected = [.. Enumerable.Range(0, 2).Select(_ => new double[Rows])];
            for (int row = 0; row < Rows; row++)
            {
                double[] level = [.. columns.Zip(inputs, (column, scale) => (column[row] - scale.Mean) / scale.Scale)];
                foreach (FormulaLayer layer in layers)
                    level = [.. layer.Nodes.Select(node => node.Scale * node.Subnodes.Aggregate(1.0, (product, subnode) => product * (subnode.Scale * subnode.Edges.Sum(edge => edge.Formula.Evaluate(level[edge.Input])) + subnode.Bias)) + node.Bias)];
                for (int output = 0; output < 2; output++)
                    expected[output][row] = level[output] * outputs[output].Scale + outputs[output].Mean;
            }

            for (int output = 0; output < 2; output++)
            {
                FormulaError error = formulas[output].ErrorOn(columns, expected[output]);
                Assert.True(error.Largest <= 1e-9 * expected[output].Max(Math.Abs), $"network {network}, output {output}: {error}");
                Assert.Equal(Rows, error.Rows);
            }
        }
    }

    [Theory]
    [InlineData("1.0000003*exp(0.99999982*sin(3.1415921*x + 3e-8) + 1.0000001*y^2 + 2e-9*y^3) - 4e-8", "exp(sin(pi*x) + y^2)")]
    [InlineData("0.24999999*(x + y)^2 - 0.2500000003*(0.99999999*x - y)^2", "x*y")]
    [InlineData("0.39894228*exp(-0.5000000001*x^2)", "exp(-0.5*x^2)/sqrt(2*pi)")]
    [InlineData("0.33333334*x + 2.0943951*y", "2*pi*y/3 + x/3")]
    [InlineData("1.7*sin(4.712388983 + x)", "-1.7*cos(x)")]
    [InlineData("3.7182818*x + 0.12345678*y", "3.71828*x + 0.12346*y")]
    public void Numbers_become_what_they_mean(string fitted, string meant)
    {
        double[][] columns = Columns(new Random(7), 2);
        Formula formula = new(Expression.Parse(fitted), ["x", "y"]), expected = new(Expression.Parse(meant), ["x", "y"]);
        Assert.Equal(expected.Expression.Simplify().ToText(), formula.Snap(columns, 1e-6).ToString());
    }

    [Fact]
    public void Numbers_change_no_more_than_is_allowed()
    {
        double[][] columns = Columns(new Random(11), 3);
        for (int seed = 0; seed < 60; seed++)
        {
            Random random = new(seed);
            Formula formula = new(RandomExpressions.Make(random, 4).WithConstants(value => value + 1e-4 * random.NextDouble()), RandomExpressions.Names);
            double[] values = formula.Evaluate(columns);
            if (!values.All(double.IsFinite))
                continue;
            double mean = values.Average(), deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
            foreach (double tolerance in (double[])[0.01, 1e-6])
            {
                Formula snapped = formula.Snap(columns, tolerance);
                Assert.True(snapped.ErrorOn(columns, values).Rmse <= tolerance * Math.Max(deviation, Math.Abs(mean)) * 1.001 + 1e-9, $"seed {seed}: {formula} became {snapped}");
                Assert.True(snapped.Expression.Complexity <= formula.Expression.Simplify().Complexity + 2, $"seed {seed}: {formula} became {snapped}");
            }
        }
    }

    [Fact]
    public void Errors_are_told_of_rows_that_were_held_out()
    {
        Formula formula = new(Expression.Parse("2*x"), ["x"]);
        FormulaError error = formula.ErrorOn([[1, 2, 3, 4]], [2, 4, 6, 9]);
        Assert.Equal((4, 0.5, 1.0, 1 - 1 / 26.75), (error.Rows, error.Rmse, error.Largest, error.R2));
        Assert.True(double.IsNaN(new Formula(Expression.Parse("log(x)"), ["x"]).ErrorOn([[-1, 1]], [0, 0]).Rmse));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Formula formula = new(Expression.Parse("x + y"), ["x", "y"]);
        Assert.Throws<ArgumentException>(() => formula.Evaluate([[1]]));
        Assert.Throws<KansformersException>(() => formula.Evaluate([[1], [1, 2]]));
        Assert.Throws<ArgumentException>(() => formula.ErrorOn([[1], [2]], [1, 2]));
        Assert.Throws<ArgumentException>(() => formula.Snap([[1], [2]], double.NaN));
        Assert.Throws<ArgumentException>(() => Formula.Of([], ["x", "x"]));
        Assert.Throws<ArgumentException>(() => Formula.Of([], ["x"], inputs: []));
        Assert.Throws<ArgumentException>(() => Formula.Of([Layer(Sum(new FormulaEdge(1, Edge("x", 1, 0, 1, 0))))], ["x"]));
    }

    private static EdgeFormula Edge(string function, double a, double b, double c, double d) => new(EdgeFunction.Of(function), a, b, c, d);

    private static FormulaNode Sum(params FormulaEdge[] edges) => new([new FormulaSubnode(edges)]);

    private static FormulaLayer Layer(params FormulaNode[] nodes) => new(nodes);

    private static double[][] Columns(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, Rows).Select(_ => random.NextDouble() * 2 - 1).ToArray())];
}
