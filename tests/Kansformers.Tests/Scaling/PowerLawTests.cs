using Kansformers.Scaling;

namespace Kansformers.Tests.Scaling;

/// <summary>Laws of one variable, Kaplan's of two, and the valleys of equal budgets.</summary>
public class PowerLawTests
{
    private static readonly FitOptions Plain = new() { Bootstraps = 0 };

    [Theory]
    [InlineData(ScalingVariable.Parameters, 0)]
    [InlineData(ScalingVariable.Tokens, 0)]
    [InlineData(ScalingVariable.Flops, 0)]
    [InlineData(ScalingVariable.Parameters, 1.5)]
    [InlineData(ScalingVariable.Tokens, 0.7)]
    [InlineData(ScalingVariable.Flops, 2)]
    public void A_power_law_is_found_again(ScalingVariable variable, double irreducible)
    {
        PowerLaw truth = new(variable, irreducible, 3e9, 0.12) { HasIrreducible = irreducible > 0 };
        PowerLaw found = PowerLaw.Fit(MadeUpRuns.Grid(truth, 5, 5), variable, irreducible > 0, Plain).Law;
        Assert.All(truth.Coefficients.Zip(found.Coefficients), pair => Assert.Equal(pair.First.Value, pair.Second.Value, 0.01 * pair.First.Value));
    }

    // With the published coefficients of Kaplan et al. (2020), table 2.
    [Theory]
    [InlineData(6.4e13, 1.8e13, 0.076, 0.103)]
    [InlineData(1e9, 1e10, 0.3, 0.2)]
    public void Kaplans_law_of_size_and_tokens_is_found_again(double parametersScale, double tokensScale, double alpha, double beta)
    {
        KaplanLaw truth = new(parametersScale, tokensScale, alpha, beta);
        KaplanLaw found = KaplanLaw.Fit(MadeUpRuns.Grid(truth, 5, 5), Plain).Law;
        Assert.All(truth.Coefficients.Zip(found.Coefficients), pair => Assert.Equal(pair.First.Value, pair.Second.Value, 0.01 * pair.First.Value));
        Assert.Equal(Math.Pow(parametersScale / 1e7, alpha), truth.Loss(new LawInput(1e7, 1e300)), 1e-9);
        Assert.Equal(Math.Pow(tokensScale / 1e9, beta), truth.Loss(new LawInput(1e300, 1e9)), 1e-9);
    }

    [Fact]
    public void Intervals_cover_the_truth_as_often_as_they_say()
    {
        PowerLaw truth = new(ScalingVariable.Flops, 1.5, 1e15, 0.1) { HasIrreducible = true };
        int[] covered = new int[3];
        for (int draw = 0; draw < 100; draw++)
        {
            LawFit<PowerLaw> fit = PowerLaw.Fit(MadeUpRuns.Grid(truth, 7, 7, new Random(draw), deviation: 0.002), ScalingVariable.Flops, true, new FitOptions { Bootstraps = 200, Seed = draw });
            for (int i = 0; i < 3; i++)
                covered[i] += fit.Coefficients[i].Interval.Contains(truth.Coefficients[i].Value) ? 1 : 0;
        }

        Assert.All(covered, count => Assert.InRange(count, 90, 99));
    }

    [Fact]
    public void Too_few_runs_or_values_are_refused()
    {
        IReadOnlyList<ScalingPoint> points = MadeUpRuns.Grid(MadeUpRuns.Truth, 4, 4);
        Refused("there are 2 runs for a power law of sizes", () => PowerLaw.Fit([points[0], points[5]], ScalingVariable.Parameters, false, Plain));
        Refused("there are 5 runs for a power law of budgets; it has 3", () => PowerLaw.Fit([.. points.Take(5)], ScalingVariable.Flops, true, Plain));
        Refused("the runs have 1 different sizes", () => PowerLaw.Fit([.. points.Take(4)], ScalingVariable.Parameters, false, Plain));
        Refused("the runs have 3 different sizes; a power law with an irreducible part needs at least 4: fit it without that part", () => PowerLaw.Fit([.. points.Where(point => point.Parameters < points.Max(one => one.Parameters))], ScalingVariable.Parameters, true, Plain));
        Refused("there are 4 runs; Kaplan's law", () => KaplanLaw.Fit([.. points.Take(4)], Plain));
        Refused("4 sizes and 1 number of tokens", () => KaplanLaw.Fit([.. points.Select(point => point with { Tokens = 1e9 })], Plain));
        Refused("no budget of operations has runs of 4 sizes", () => IsoFlop.Fit([.. points.Take(12)], Plain));
        Refused("leave runs out that failed", () => IsoFlop.Fit([.. points.Select(point => point with { Loss = double.NaN })], Plain));

        static void Refused(string told, Action fit) => Assert.Contains(told, Assert.Throws<KansformersException>(fit).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_are_picked_for_laws_of_one_variable()
    {
        ScalingPoint Run(double parameters, double tokens, double loss) => new("a", parameters, tokens, loss);
        ScalingPoint[] points = [Run(1, 10, 5), Run(1, 20, 4), Run(2, 20, 3.5), Run(2, 10, 4.5), Run(2, 40, 3.6), Run(4, 10, 4.2)];
        Assert.Equal([points[1], points[2]], ScalingRuns.Frontier(points, ScalingVariable.Parameters));
        Assert.Equal([points[5], points[2]], ScalingRuns.Frontier(points, ScalingVariable.Tokens));
        Assert.Equal([points[0], points[1], points[2]], ScalingRuns.Frontier(points, ScalingVariable.Flops));
    }

    [Fact]
    public void Narrow_valleys_about_the_best_sizes_find_the_exponents()
    {
        ChinchillaLaw law = MadeUpRuns.Truth;
        IsoFlop found = IsoFlop.Fit(MadeUpRuns.Valleys(law, 1.5), new FitOptions { Bootstraps = 100 });
        Assert.Equal(5, found.Valleys.Count);
        Assert.Equal(law.ParametersExponent, found.Parameters.Exponent, 1e-3);
        Assert.Equal(law.TokensExponent, found.Tokens.Exponent, 1e-3);
        Assert.True(found.ParametersInterval.Contains(law.ParametersExponent));
        Assert.All(found.Valleys, valley => Assert.Equal(law.OptimalParameters(valley.Flops), valley.BestParameters, 0.02 * valley.BestParameters));
    }

    // The valley of this law is not symmetric: the wider the sizes, the farther off is a parabola's lowest point; where the sizes drift off the best ones, so does the exponent.
    [Fact]
    public void The_bias_of_wide_valleys_is_told()
    {
        ChinchillaLaw law = new(1.69, 406.4, 410.7, 0.34, 0.28);
        double[] off = [.. new[] { 2.0, 8, 30 }.Select(range => IsoFlop.Fit(MadeUpRuns.Valleys(law, range), Plain).Bias(law).SizeRatios[0] - 1)];
        Assert.InRange(off[0], 0.001, 0.01);
        Assert.True(off[1] > 3 * off[0] && off[2] > 2 * off[1], string.Join(" ", off));
        IsoFlop drifted = IsoFlop.Fit(MadeUpRuns.Valleys(law, 8, drift: 0.3), Plain);
        Assert.Equal(drifted.Parameters.Exponent - law.ParametersExponent, drifted.Bias(law).ParametersExponent, 1e-9);
        Assert.True(Math.Abs(drifted.Bias(law).ParametersExponent) > 1e-3);
    }

    [Fact]
    public void A_lowest_point_beyond_the_sizes_is_no_optimum()
    {
        ChinchillaLaw law = MadeUpRuns.Truth;
        IsoFlop found = IsoFlop.Fit([.. MadeUpRuns.Valleys(law, 4).Where(point => point.Parameters < 0.9 * law.OptimalParameters(point.Flops))], Plain);
        Assert.All(found.Valleys, valley => Assert.False(valley.IsWithin));
        Assert.True(double.IsNaN(found.Parameters.Exponent));
    }
}
