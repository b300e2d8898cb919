using Kansformers.Scaling;

namespace Kansformers.Tests.Scaling;

/// <summary>E + A/N^α + B/D^β: laws that are known are found again, by two optimizers, and so is the published refit of Chinchilla's runs.</summary>
public class ChinchillaLawTests
{
    private static readonly FitOptions Plain = new() { Bootstraps = 0 };

    [Theory]
    [InlineData(1.82, 482, 2085, 0.348, 0.366)]
    [InlineData(1.69, 406.4, 410.7, 0.34, 0.28)]
    [InlineData(0.5, 30, 2e5, 0.2, 0.6)]
    [InlineData(3, 5e3, 40, 0.7, 0.15)]
    public void A_law_is_found_again_by_both_optimizers(double e, double a, double b, double alpha, double beta)
    {
        ChinchillaLaw truth = new(e, a, b, alpha, beta);
        foreach (LawOptimizer optimizer in Enum.GetValues<LawOptimizer>())
        {
            ChinchillaLaw found = ChinchillaLaw.Fit(MadeUpRuns.Grid(truth, 5, 5), Plain with { Optimizer = optimizer }).Law;
            Assert.All(truth.Coefficients.Zip(found.Coefficients), pair => Assert.Equal(pair.First.Value, pair.Second.Value, 0.01 * pair.First.Value));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Both_optimizers_end_in_the_same_valley_where_losses_scatter(int seed)
    {
        IReadOnlyList<ScalingPoint> points = MadeUpRuns.Grid(MadeUpRuns.Truth, 6, 5, new Random(seed), deviation: 0.01);
        LawFit<ChinchillaLaw> projected = ChinchillaLaw.Fit(points, Plain), started = ChinchillaLaw.Fit(points, Plain with { Optimizer = LawOptimizer.GridOfStarts });
        Assert.Equal(started.Objective, projected.Objective, 1e-6 * started.Objective);
        Assert.All(started.Law.Coefficients.Zip(projected.Law.Coefficients), pair => Assert.Equal(pair.First.Value, pair.Second.Value, 1e-3 * pair.First.Value));
    }

    // The authors' notebook (epoch-research/analyzing-chinchilla): five runs of the highest losses left out, sum of Huber's losses 0.00101827.
    [Fact]
    public void The_published_refit_of_245_runs_comes_out()
    {
        IReadOnlyList<ScalingPoint> points = ScalingTable.Read(MadeUpRuns.ChinchillaFile);
        LawFit<ChinchillaLaw> fit = ChinchillaLaw.Fit(points, new FitOptions { LeaveOutHighest = 5, Bootstraps = 200 });
        Assert.Equal(245, points.Count);
        Assert.Equal(240, fit.Points.Count);
        Assert.InRange(fit.Objective, 0.0010182, 0.0010183);
        Assert.Equal(6.169, Math.Log(fit.Law.A), 2e-3);
        Assert.Equal(7.670, Math.Log(fit.Law.B), 2e-3);
        Assert.Equal(0.597, Math.Log(fit.Law.E), 1e-3);
        Assert.Equal(0.347, fit.Law.Alpha, 1e-3);
        Assert.Equal(0.367, fit.Law.Beta, 1e-3);

        // The published standard errors are 125, 1293, 0.03, 0.02 and 0.02: intervals are some four of them wide.
        Assert.All(fit.Coefficients, one => Assert.True(one.Interval.Contains(one.Value)));
        Assert.InRange(fit.Coefficients[0].Interval.High - fit.Coefficients[0].Interval.Low, 0.06, 0.18);
        Assert.InRange(fit.Coefficients[3].Interval.High - fit.Coefficients[3].Interval.Low, 0.03, 0.12);
        Assert.InRange(fit.Coefficients[4].Interval.High - fit.Coefficients[4].Interval.Low, 0.03, 0.16);
    }

    [Fact]
    public void The_copy_of_the_runs_is_that_of_the_shared_file()
    {
        IReadOnlyList<ScalingPoint> shared = ScalingTable.Read(SharedFolder.Require("tasks", "chinchilla_runs.csv")), copy = ScalingTable.Read(MadeUpRuns.ChinchillaFile);
        Assert.Equal(shared.Count, copy.Count);
        Assert.All(shared.Zip(copy), pair => Assert.Equal(pair.First.Loss, pair.Second.Loss, 1e-7));
        Assert.All(shared.Zip(copy), pair => Assert.Equal(pair.First.Tokens, pair.Second.Tokens, 1e-7 * pair.First.Tokens));
    }

    // Of 100 intervals of 95 %, 90 to 100 hold the truth unless they are too narrow; 100 would say that they are too wide.
    [Theory]
    [InlineData(8, 8, Resampling.Runs)]
    [InlineData(5, 4, Resampling.Runs)]
    [InlineData(8, 8, Resampling.Residuals)]
    public void Intervals_cover_the_truth_as_often_as_they_say(int sizes, int texts, Resampling resampling)
    {
        ChinchillaLaw truth = MadeUpRuns.Truth;
        LawInput larger = new(4e10, 1.2e12);
        int[] covered = new int[truth.Coefficients.Count + 1];
        for (int draw = 0; draw < 100; draw++)
        {
            LawFit<ChinchillaLaw> fit = ChinchillaLaw.Fit(MadeUpRuns.Grid(truth, sizes, texts, new Random(draw)), new FitOptions { Bootstraps = 200, Seed = draw, Resampling = resampling });
            for (int i = 0; i < truth.Coefficients.Count; i++)
                covered[i] += fit.Coefficients[i].Interval.Contains(truth.Coefficients[i].Value) ? 1 : 0;
            covered[^1] += fit.Predict(larger).Law.Contains(truth.Loss(larger)) ? 1 : 0;
        }

        Assert.All(covered, count => Assert.InRange(count, 90, 99));
    }

    [Fact]
    public void An_interval_of_a_run_is_wider_than_that_of_the_law()
    {
        LawFit<ChinchillaLaw> fit = ChinchillaLaw.Fit(MadeUpRuns.Grid(MadeUpRuns.Truth, 6, 6, new Random(4), deviation: 0.02), new FitOptions { Bootstraps = 200 });
        LawPrediction inside = fit.Predict(new LawInput(3e8, 1e10));
        Assert.True(inside.Law.Contains(inside.Loss));
        Assert.True(inside.Run.High - inside.Run.Low > 2 * (inside.Law.High - inside.Law.Low));
    }

    [Fact]
    public void A_seed_decides_the_intervals()
    {
        IReadOnlyList<ScalingPoint> points = MadeUpRuns.Grid(MadeUpRuns.Truth, 5, 5, new Random(5));
        foreach (Resampling resampling in Enum.GetValues<Resampling>())
        {
            FitOptions options = new() { Bootstraps = 50, Resampling = resampling };
            Assert.Equal(ChinchillaLaw.Fit(points, options).Coefficients, ChinchillaLaw.Fit(points, options).Coefficients);
            Assert.NotEqual(ChinchillaLaw.Fit(points, options).Coefficients, ChinchillaLaw.Fit(points, options with { Seed = 2 }).Coefficients);
        }
    }

    // The best size of a budget is where L(N, C/(kN)) has no slope, whatever k is.
    [Theory]
    [InlineData(6)]
    [InlineData(40)]
    public void The_best_size_has_the_lowest_loss_of_its_budget(double perParameterToken)
    {
        const double flops = 1e21;
        ChinchillaLaw law = MadeUpRuns.Truth;
        double best = law.OptimalParameters(flops, perParameterToken), tokens = law.OptimalTokens(flops, perParameterToken);
        Assert.Equal(flops, perParameterToken * best * tokens, 1e-9 * flops);
        Assert.All(new[] { 0.99, 1.01 }, factor => Assert.True(law.Loss(new LawInput(best * factor, tokens / factor)) > law.OptimalLoss(flops, perParameterToken)));
        Assert.Equal(Math.Pow(10, law.ParametersExponent), law.OptimalParameters(10 * flops) / law.OptimalParameters(flops), 1e-9);
        Assert.Equal(1, law.ParametersExponent + law.TokensExponent, 12);
    }

    [Fact]
    public void Sizes_can_be_counted_without_embeddings_or_live_alone()
    {
        ScalingPoint[] points = [.. MadeUpRuns.Grid(MadeUpRuns.Truth, 5, 5).Select(point => point with { EmbeddingParameters = 0.25 * point.Parameters, LiveParameters = 0.5 * point.Parameters })];
        ChinchillaLaw all = ChinchillaLaw.Fit(points, Plain).Law;
        Assert.Equal(all.A * Math.Pow(0.75, all.Alpha), ChinchillaLaw.Fit(points, Plain with { Parameters = ParameterCount.WithoutEmbeddings }).Law.A, 0.01 * all.A);
        Assert.Equal(all.A * Math.Pow(0.5, all.Alpha), ChinchillaLaw.Fit(points, Plain with { Parameters = ParameterCount.Live }).Law.A, 0.01 * all.A);
    }

    public static TheoryData<string, ScalingPoint[]> Hopeless()
    {
        ScalingPoint[] good = [.. MadeUpRuns.Grid(MadeUpRuns.Truth, 4, 4)];
        return new()
        {
            { "there are 0 runs", [] },
            { "there are 5 runs", good[..5] },
            { "1 size and 4 numbers of tokens", [.. good.Select(point => point with { Parameters = 1e8 })] },
            { "4 sizes and 2 numbers of tokens", [.. good.Select((point, i) => point with { Tokens = 1e9 * (1 + (i % 2)) })] },
            { "cannot be told apart", [.. good.Select(point => point with { Tokens = 20 * point.Parameters })] },
            { "the loss of run 3 (made up, 1e+07 parameters, 3e+10 tokens) is NaN", [.. good.Select((point, i) => i == 2 ? point with { Loss = double.NaN } : point)] },
            { "is 0; laws are fitted to losses above 0", [.. good.Select((point, i) => i == 2 ? point with { Loss = 0 } : point)] },
            { "is -1; laws are fitted to losses above 0", [.. good.Select((point, i) => i == 2 ? point with { Loss = -1 } : point)] },
            { "is Infinity; laws are fitted", [.. good.Select((point, i) => i == 2 ? point with { Loss = double.PositiveInfinity } : point)] },
            { "has no parameters; a law needs", [.. good.Select((point, i) => i == 5 ? point with { Parameters = 0 } : point)] },
            { "has no tokens or no training operations", [.. good.Select((point, i) => i == 5 ? point with { Tokens = -3 } : point)] },
        };
    }

    [Theory]
    [MemberData(nameof(Hopeless))]
    public void Runs_that_say_too_little_are_refused_in_one_line(string told, ScalingPoint[] points)
    {
        string message = Assert.Throws<KansformersException>(() => ChinchillaLaw.Fit(points, Plain)).Message;
        Assert.Contains(told, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void Options_that_make_no_sense_are_refused_by_name()
    {
        IReadOnlyList<ScalingPoint> points = MadeUpRuns.Grid(MadeUpRuns.Truth, 4, 4);
        foreach ((FitOptions options, string name) in new[]
        {
            (Plain with { Delta = 0 }, "delta is 0"), (Plain with { LeaveOutHighest = -1 }, "leave out highest is -1"),
            (Plain with { Bootstraps = 3 }, "bootstraps is 3"), (Plain with { Confidence = 95 }, "confidence is 95"),
        })
        {
            Assert.StartsWith(name, Assert.Throws<KansformersException>(() => ChinchillaLaw.Fit(points, options)).Message, StringComparison.Ordinal);
        }

        Assert.Contains("there are 2 runs", Assert.Throws<KansformersException>(() => ChinchillaLaw.Fit(points, Plain with { LeaveOutHighest = 14 })).Message, StringComparison.Ordinal);
        Assert.Contains("has no live parameters", Assert.Throws<KansformersException>(() => ChinchillaLaw.Fit(points, Plain with { Parameters = ParameterCount.Live })).Message, StringComparison.Ordinal);
    }
}
