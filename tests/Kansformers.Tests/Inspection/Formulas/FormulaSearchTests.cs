using Kansformers.Inspection;

namespace Kansformers.Tests.Inspection.Formulas;

/// <summary>From samples straight to a formula.</summary>
public class FormulaSearchTests
{
    private static readonly FormulaSearchOptions Patient = new() { Seconds = 600 };

    [Theory]
    [InlineData("x1*x2")]
    [InlineData("3/2*x1 - x2^2 + 1")]
    [InlineData("exp(x1/x2)")]
    [InlineData("sqrt(x1^2 + x2^2)")]
    public void A_formula_is_found_as_it_was_written(string text)
    {
        Expression written = Expression.Parse(text);
        FitData data = Of(2, 300, row => written.Evaluate(new Dictionary<string, double> { ["x1"] = row[0], ["x2"] = row[1] }));
        FormulaSearchResult result = FormulaSearch.Run(data, Patient);
        Assert.Equal(FormulaSearchEnd.Exact, result.End);
        Assert.InRange(result.Error, 0, 1e-11);
        Assert.Equal(written.Simplify().Complexity, result.Best!.Expression.Complexity);
        Assert.InRange(result.Best.ErrorOn([.. Enumerable.Range(0, 2).Select(column => data.Inputs.Column(column).ToArray())], data.Targets.Column(0).ToArray()).Largest, 0, 1e-10);
    }

    // Units and differences that make few inputs of many, quotients, functions behind the sum. Larger ones are in benchmarks/Kansformers.Formulas.
    [Theory]
    [InlineData("x1*(x2 + x3*x4*sin(x5))", 5)]
    [InlineData("(x1 + x2)/(1 + x1*x2/x3^2)", 3)]
    [InlineData("x1*exp(-x2*x3*x4/(x5*x6))", 6)]
    [InlineData("x1*x2*log(x3/x4)", 4)]
    public void Symmetries_of_the_samples_make_few_inputs_of_many(string text, int inputs)
    {
        Expression written = Expression.Parse(text);
        string[] names = [.. Enumerable.Range(1, inputs).Select(number => $"x{number}")];
        Formula formula = new(written, names);
        FitData data = Of(inputs, 1000, row => formula.Evaluate([.. row.Select(value => (double[])[value])])[0]), other = Of(inputs, 500, _ => 0, seed: 2);
        FormulaSearchResult result = FormulaSearch.Run(data, Patient);
        Assert.Equal(FormulaSearchEnd.Exact, result.End);
        double[][] columns = [.. Enumerable.Range(0, inputs).Select(column => other.Inputs.Column(column).ToArray())];
        double[] values = formula.Evaluate(columns);
        Assert.InRange(result.Best!.ErrorOn(columns, values).Largest, 0, 1e-9 * values.Max(Math.Abs));
        Assert.InRange(result.Best.Expression.Complexity, 1, written.Simplify().Complexity + 12);
    }

    [Fact]
    public void What_is_constant_is_a_constant() => Assert.Equal(1.5, FormulaSearch.Run(Of(2, 50, _ => 1.5)).Best!.Expression.Evaluate(new Dictionary<string, double>()));

    [Fact]
    public void A_search_that_is_asked_to_end_ends_and_tells_what_it_tried()
    {
        using CancellationTokenSource source = new();
        List<FormulaSearchStep> steps = [];
        Random noise = new(3);
        FormulaSearchResult result = FormulaSearch.Run(Of(2, 100, _ => noise.NextDouble()), Patient, new Steps(step =>
        {
            steps.Add(step);
            if (steps.Count == 3)
                source.Cancel();
        }), source.Token);
        Assert.Equal((FormulaSearchEnd.Cancelled, null), (result.End, result.Best));
        Assert.Equal([1, 2, 3], steps.Select(step => step.Tried));
        Assert.All(steps, step => Assert.NotEqual("", step.At));
    }

    [Fact]
    public void The_time_that_is_given_is_kept_and_told()
    {
        Random noise = new(3);
        FormulaSearchResult result = FormulaSearch.Run(Of(3, 200, _ => noise.NextDouble()), new FormulaSearchOptions { Seconds = 1e-6 });
        Assert.Equal((FormulaSearchEnd.Seconds, null), (result.End, result.Best));
        Assert.True(double.IsPositiveInfinity(result.Error));
    }

    [Theory]
    [InlineData("constant columns")]
    [InlineData("equal columns")]
    [InlineData("huge values")]
    [InlineData("zeros")]
    public void Samples_that_tell_little_bring_no_failure(string what)
    {
        Random random = new(5);
        double[] x = [.. Enumerable.Range(0, 40).Select(_ => random.NextDouble())], other = what switch
        {
            "constant columns" => [.. x.Select(_ => 2.0)],
            "equal columns" => x,
            "huge values" => [.. x.Select(value => value * 1e100)],
            _ => new double[40],
        };
        FitData data = new(Samples.OfColumns(x, other), Samples.OfColumns(Array.ConvertAll(x, value => what == "huge values" ? value * 1e150 : value * value)));
        FormulaSearchResult result = FormulaSearch.Run(data, Patient with { Seconds = 5 });
        Assert.False(double.IsNaN(result.Error));
        Assert.Equal(result.Best is null, double.IsPositiveInfinity(result.Error));
    }

    [Fact]
    public void Wrong_samples_are_told()
    {
        Assert.Contains("20 samples or more; there are 19", Assert.Throws<KansformersException>(() => FormulaSearch.Run(Of(1, 19, row => row[0]))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => FormulaSearch.Run(Of(1, 30, _ => double.NaN)));
        Assert.Throws<ArgumentException>(() => FormulaSearch.Run(Of(2, 30, row => row[0]), new FormulaSearchOptions { Variables = ["a"] }));
        Assert.Contains("seconds", Assert.Throws<KansformersException>(() => FormulaSearch.Run(Of(1, 30, row => row[0]), new FormulaSearchOptions { Seconds = 0 })).Message, StringComparison.Ordinal);
        Assert.Contains("same name", Assert.Throws<KansformersException>(() => FormulaSearch.Run(Of(2, 30, row => row[0]), new FormulaSearchOptions { Variables = ["a", "a"] })).Message, StringComparison.Ordinal);
    }

    // Uniformly from 1 to 3.
    private static FitData Of(int inputs, int rows, Func<double[], double> value, int seed = 1)
    {
        Random random = new(seed);
        double[][] table = [.. Enumerable.Range(0, rows).Select(_ => Enumerable.Range(0, inputs).Select(_ => 1 + 2 * random.NextDouble()).ToArray())];
        return new FitData(Samples.OfColumns([.. Enumerable.Range(0, inputs).Select(input => table.Select(row => row[input]).ToArray())]), Samples.OfColumns(table.Select(value).ToArray()));
    }

    private sealed class Steps(Action<FormulaSearchStep> told) : IProgress<FormulaSearchStep>
    {
        public void Report(FormulaSearchStep value) => told(value);
    }
}
