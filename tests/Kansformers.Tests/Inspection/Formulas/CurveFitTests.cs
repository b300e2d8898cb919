using System.Text.Json;
using Kansformers.Inspection;

namespace Kansformers.Tests.Inspection;

/// <summary>Fits find the curves that were made, are as good as pykan's on one of its edges, and give numbers for every curve.</summary>
public class CurveFitTests
{
    private const int Samples = 1000, Seeds = 25;

    public static TheoryData<string> Functions => [.. EdgeFunction.All.Select(function => function.Name).Where(name => name != "0")];

    [Theory]
    [MemberData(nameof(Functions))]
    public void A_function_finds_its_own_curve(string name)
    {
        EdgeFunction function = EdgeFunction.Of(name);
        double worst = 1;
        for (int seed = 0; seed < Seeds; seed++)
        {
            (double[] x, double[] y, EdgeFormula truth) = Made(function, seed);
            EdgeFit fit = CurveFit.Fit(function, x, y)!;
            worst = Math.Min(worst, fit.R2);
            Assert.True(fit.R2 > 1 - 1e-9, $"seed {seed}: {truth} was fitted with r2 {fit.R2:R} by {fit.Formula}");
            Assert.Equal(fit.R2, R2(fit.Formula, x, y), 1e-9);
        }

        Assert.True(worst <= 1, $"r2 is {worst:R}");
    }

    [Fact]
    public void Fits_are_as_good_as_pykan_s()
    {
        (double[] x, double[] y, Dictionary<string, double> theirs) = PykanEdge();
        Assert.Equal(8, theirs.Count);
        foreach ((string name, double r2) in theirs)
        {
            EdgeFit fit = CurveFit.Fit(EdgeFunction.Of(name), x, y)!;
            Assert.True(fit.R2 >= r2, $"{name}: {fit.R2:R}, pykan {r2:R}");
            Assert.Equal(fit.R2, R2(fit.Formula, x, y), 1e-9);
        }
    }

    [Fact]
    public void The_best_of_a_sine_is_a_sine()
    {
        (double[] x, double[] y, _) = Made(EdgeFunction.Of("sin"), 1);
        IReadOnlyList<EdgeFit> fits = CurveFit.Suggest(x, y);
        Assert.Equal("sin", fits[0].Formula.Function.Name);
        Assert.Equal(fits.OrderBy(fit => fit.Score), fits);
        EdgeFit best = fits[0];
        Assert.Equal(0.8 * 2 + 0.2 * Math.Log2(1 - best.R2 + 1e-5), best.Score, 1e-12);
        Assert.DoesNotContain(fits, fit => fit.Formula.Function.Name == "0");
    }

    [Fact]
    public void The_weight_of_simplicity_decides_between_a_line_and_a_closer_curve()
    {
        double[] x = [.. Enumerable.Range(0, 200).Select(at => at / 100.0 - 1)], y = [.. x.Select(value => value + 0.2 * value * value * value)];
        Assert.Equal("x", CurveFit.Suggest(x, y, new CurveFitOptions { SimplicityWeight = 0.9 })[0].Formula.Function.Name);
        Assert.NotEqual("x", CurveFit.Suggest(x, y, new CurveFitOptions { SimplicityWeight = 0 })[0].Formula.Function.Name);
    }

    [Fact]
    public void Formulas_are_defined_between_their_samples_and_on_the_range_that_is_asked_for()
    {
        double[] x = [.. Enumerable.Range(0, 100).Select(at => at / 100.0 - 0.5)], y = [.. x.Select(value => 1 / (value + 0.013))];
        foreach (EdgeFit fit in CurveFit.Suggest(x, y, new CurveFitOptions { RangeLow = -2, RangeHigh = 3 }))
        {
            EdgeFormula formula = fit.Formula;
            (double first, double second) = (formula.A * -2 + formula.B, formula.A * 3 + formula.B);
            if (formula.C != 0)
                Assert.True(formula.Function.IsDefined(Math.Min(first, second) + 1e-9, Math.Max(first, second) - 1e-9), $"{formula} leaves its domain");
            Assert.All(new[] { -2, -0.013, 0, 1, 3 }, value => Assert.True(double.IsFinite(formula.Evaluate(value)), $"{formula} at {value}"));
        }
    }

    [Theory]
    [InlineData("constant")]
    [InlineData("one sample")]
    [InlineData("one place")]
    [InlineData("two samples")]
    [InlineData("tiny")]
    [InlineData("huge")]
    [InlineData("far away")]
    [InlineData("noise")]
    [InlineData("spike")]
    [InlineData("repeated")]
    public void Every_curve_has_numbers(string kind)
    {
        Random random = new(3);
        double[] some = [.. Enumerable.Range(0, 50).Select(_ => random.NextDouble() * 2 - 1)];
        (double[] x, double[] y) = kind switch
        {
            "constant" => (some, Array.ConvertAll(some, _ => 0.1)),
            "one sample" => ([0.3], [0.7]),
            "one place" => (Array.ConvertAll(some, _ => 0.3), some),
            "two samples" => ([0.3, 0.4], [1, -1]),
            "tiny" => (Array.ConvertAll(some, value => value * 1e-300), Array.ConvertAll(some, value => Math.Sin(value) * 1e-300)),
            "huge" => (Array.ConvertAll(some, value => value * 1e300), Array.ConvertAll(some, value => value * value * 1e300)),
            "far away" => (Array.ConvertAll(some, value => value + 1e6), Array.ConvertAll(some, value => Math.Exp(value) - 1e6)),
            "noise" => (some, [.. some.Select(_ => random.NextDouble())]),
            "spike" => (some, [.. some.Select((_, at) => at == 7 ? 1.0 : 0)]),
            _ => (Array.ConvertAll(some, value => Math.Round(value)), some),
        };
        IReadOnlyList<EdgeFit> fits = CurveFit.Suggest(x, y);
        Assert.NotEmpty(fits);
        foreach (EdgeFit fit in fits)
        {
            EdgeFormula formula = fit.Formula;
            Assert.All(new[] { formula.A, formula.B, formula.C, formula.D, fit.R2, fit.Score }, number => Assert.True(double.IsFinite(number), $"{formula}, r2 {fit.R2}"));
            Assert.InRange(fit.R2, 0, 1);
            Assert.All(x, value => Assert.True(double.IsFinite(formula.Evaluate(value)), $"{formula} at {value}"));
        }

        bool constant = kind is "constant" or "one sample";
        Assert.Equal(constant, fits[0].Formula.Function.Name == "0");
        if (constant)
            Assert.Equal(y[0], fits[0].Formula.Evaluate(0.9), 1e-15);
        if (kind is "tiny" or "huge" or "far away")
            Assert.True(fits.Max(fit => fit.R2) > 1 - 1e-9, $"r2 is {fits.Max(fit => fit.R2):R}");
    }

    [Fact]
    public void Samples_that_are_none_are_refused()
    {
        Assert.Throws<ArgumentException>(() => CurveFit.Suggest([], []));
        Assert.Throws<ArgumentException>(() => CurveFit.Suggest([1, 2], [1]));
        Assert.Throws<ArgumentException>(() => CurveFit.Suggest([1, double.NaN], [1, 2]));
        Assert.Throws<ArgumentException>(() => CurveFit.Suggest([1, 2], [1, double.PositiveInfinity]));
        Assert.Contains("SimplicityWeight", Assert.Throws<KansformersException>(() => CurveFit.Suggest([1], [1], new CurveFitOptions { SimplicityWeight = 2 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_function_of_a_program_s_own_is_fitted_and_written()
    {
        EdgeFunction logistic = new("logistic", 3, x => 1 / (1 + Math.Exp(-x)), x => Math.Exp(-x) / Math.Pow(1 + Math.Exp(-x), 2));
        double[] x = [.. Enumerable.Range(0, 300).Select(at => at / 150.0 - 1)], y = [.. x.Select(value => 3 / (1 + Math.Exp(-5 * value + 1)) - 2)];
        EdgeFit fit = CurveFit.Suggest(x, y, new CurveFitOptions { Functions = [.. EdgeFunction.All, logistic], SimplicityWeight = 0.2 }).First(fit => fit.Formula.Function == logistic);
        Assert.True(fit.R2 > 1 - 1e-9);
        Assert.Contains("logistic(", fit.Formula.Express(new Variable("x")).Simplify().ToText(), StringComparison.Ordinal);
    }

    /// <summary>A curve of a function that changes visibly over its samples, random in everything else.</summary>
    internal static (double[] X, double[] Y, EdgeFormula Formula) Made(EdgeFunction function, int seed)
    {
        Random random = new(1000 + seed);
        double centre = Between(-3, 3), halfWidth = Math.Exp(Between(-1, 1.5));
        double[] x = [.. Enumerable.Range(0, Samples).Select(_ => centre + halfWidth * Between(-1, 1))];
        while (true)
        {
            // Arguments at both ends of the samples.
            (double first, double second) = (Between(-4, 4), Between(-4, 4));
            (double low, double high) = (Math.Min(first, second), Math.Max(first, second));
            if (high - low < 0.4 || !function.IsDefined(low, high) || (function.Name == "sgn" && low * high > -0.1))
                continue;
            double a = (second - first) / 2 / halfWidth, b = (first + second) / 2 - a * centre;
            EdgeFormula formula = new(function, a, b, (random.Next(2) * 2 - 1) * Math.Exp(Between(-2, 2)), Between(-2, 2));
            return (x, Array.ConvertAll(x, formula.Evaluate), formula);
        }

        double Between(double from, double to) => from + (to - from) * random.NextDouble();
    }

    private static double R2(EdgeFormula formula, double[] x, double[] y)
    {
        double mean = y.Average();
        return 1 - x.Zip(y, (at, value) => Math.Pow(formula.Evaluate(at) - value, 2)).Sum() / y.Sum(value => (value - mean) * (value - mean));
    }

    // Edge (0, 0) of layer 0 of a network of pykan: 80 samples of what enters and leaves it, and the r2 of pykan's fits.
    private static (double[] X, double[] Y, Dictionary<string, double> R2) PykanEdge()
    {
        string path = Path.Combine(SharedFolder.RepositoryRoot!, "tests", "Kansformers.Tests", "Fixtures", "pykan-fits", "edge.json");
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
        JsonElement root = document.RootElement;
        return (Numbers("x"), Numbers("y"), root.GetProperty("r2").EnumerateObject().ToDictionary(fit => fit.Name, fit => fit.Value.GetDouble()));

        double[] Numbers(string name) => [.. root.GetProperty(name).EnumerateArray().Select(number => number.GetDouble())];
    }
}
