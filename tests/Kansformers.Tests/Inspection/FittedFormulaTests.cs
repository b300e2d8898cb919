using Kansformers.Inspection;

namespace Kansformers.Tests.Inspection;

public class FittedFormulaTests(ITestOutputHelper output)
{
    private static double Formula(double[] x) => Math.Exp(Math.Sin(Math.PI * x[0]) + x[1] * x[1]);

    // pykan's published errors are 4.7e-4 after refining to 10 and 1e-9 or so after symbolic.
    [Fact]
    public void A_formula_is_found_again_exactly()
    {
        Samples x = Tables.Random(1000, 2, 1), y = Tables.Map(x, Formula), testX = Tables.Random(1000, 2, 2), testY = Tables.Map(testX, Formula);
        KanNetwork network = new(new KanNetworkOptions { Widths = [2, 5, 1], GridSize = 3, Seed = 0 });
        FitData data = new(x, y);
        network.Fit(data, new FitOptions { Steps = 20, PenaltyWeight = 0.01 });
        network = network.Prune(x);
        network.Fit(data, new FitOptions { Steps = 20 });
        network = network.Refine(10, x);
        network.Fit(data, new FitOptions { Steps = 50, GridUpdates = 0 });
        double refined = Tables.Rmse(network, testX, testY);
        Formula formula = Assert.Single(network.FitFormulas(data));
        FormulaError error = formula.ErrorOn([testX.Column(0).ToArray(), testX.Column(1).ToArray()], testY.Column(0).ToArray());
        output.WriteLine(FormattableString.Invariant($"refined {refined:0.0e+00}, formula {formula}: {error.Rmse:0.0e+00}, network {Tables.Rmse(network, testX, testY):0.0e+00}"));
        Assert.True(refined < 5 * 4.7e-4, $"{refined}");
        Assert.True(error.Rmse < 1e-9, $"{formula}: {error.Rmse}");
        Assert.Equal("exp(x2^2 + sin(pi*x1))", formula.ToString());
    }

    [Fact]
    public void A_function_that_is_there_stays()
    {
        Samples x = Tables.Random(300, 2, 1), y = Tables.Map(x, row => Math.Sin(2 * row[0]) + row[1]);
        KanNetwork network = new(new KanNetworkOptions { Widths = [2, 1] });
        network.Layers[0].SetFormula(0, 0, new EdgeFormula(EdgeFunction.Of("cos"), 1.8, -1.5, 0.9, 0));
        network.Fit(new FitData(x, y), new FitOptions { Steps = 5 });
        Formula formula = Assert.Single(network.FitFormulas(new FitData(x, y)));
        Assert.Equal("cos", network.Layers[0].FormulaOf(0, 0)!.Function.Name);
        Assert.Equal("x2 + sin(2*x1)", formula.ToString());
    }

    [Fact]
    public void A_cosine_of_no_frequency_is_no_square()
    {
        double[] x = [.. Enumerable.Range(0, 200).Select(at => at / 100.0 - 1)], y = [.. x.Select(value => value * value)];
        IReadOnlyList<EdgeFit> fits = CurveFit.Suggest(x, y, new CurveFitOptions { SimplicityWeight = 0 });
        Assert.Equal("x^2", fits[0].Formula.Function.Name);
        Assert.True(fits.Single(fit => fit.Formula.Function.Name == "cos").Score > fits[0].Score + 1);
    }

    [Fact]
    public void Numbers_are_fitted_through_products_and_several_outputs()
    {
        Samples x = Tables.Random(200, 2, 3, 0.5, 2);
        Samples y = Samples.OfColumns([.. Enumerable.Range(0, 200).Select(row => 3 * Math.Sin(x[row, 0]) * x[row, 1] + 2)], [.. Enumerable.Range(0, 200).Select(row => x[row, 0] - 1)]);
        KanNetwork network = new(new KanNetworkOptions { Widths = [2, new(1, 2), 2] });
        foreach ((int layer, int to, int from, string name) in new[] { (0, 1, 0, "sin"), (0, 2, 1, "x"), (0, 0, 0, "x"), (1, 0, 1, "x"), (1, 1, 0, "x") })
            network.Layers[layer].SetFormula(to, from, new EdgeFormula(EdgeFunction.Of(name), 0.9, 0.1, 0.8, 0.05));
        foreach ((int layer, int to, int from) in new[] { (0, 0, 1), (0, 1, 1), (0, 2, 0), (1, 0, 0), (1, 1, 1) })
            network.Layers[layer].RemoveEdge(to, from);
        IReadOnlyList<Formula> formulas = network.FitFormulas(new FitData(x, y), variables: ["a", "b"]);
        double[][] columns = [x.Column(0).ToArray(), x.Column(1).ToArray()];
        Assert.All(formulas, (formula, at) => Assert.True(formula.ErrorOn(columns, y.Column(at).ToArray()).Rmse < 1e-12, $"{formula}"));
    }
}
