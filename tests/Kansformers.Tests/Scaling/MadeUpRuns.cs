using Kansformers.Scaling;

namespace Kansformers.Tests.Scaling;

/// <summary>Runs that a law says, with or without scatter.</summary>
internal static class MadeUpRuns
{
    public static ChinchillaLaw Truth { get; } = new(1.82, 482, 2085, 0.348, 0.366);

    /// <summary>Sizes times numbers of tokens, each evenly spaced in logarithms.</summary>
    public static IReadOnlyList<ScalingPoint> Grid(ScalingLaw law, int sizes, int texts, Random? scatter = null, double deviation = 0.005)
    {
        List<ScalingPoint> points = [];
        for (int i = 0; i < sizes; i++)
        for (int j = 0; j < texts; j++)
        {
            double parameters = 1e7 * Math.Pow(1000, i / (sizes - 1.0)), tokens = 3e8 * Math.Pow(1000, j / (texts - 1.0));
            double noise = scatter is null ? 0 : deviation * Normal(scatter);
            points.Add(new ScalingPoint("made up", parameters, tokens, law.Loss(new LawInput(parameters, tokens)) * Math.Exp(noise)));
        }

        return points;
    }

    /// <summary>At each budget sizes about the best one, from 1/range to range of it.</summary>
    public static IReadOnlyList<ScalingPoint> Valleys(ChinchillaLaw law, double range, double drift = 0)
    {
        List<ScalingPoint> points = [];
        for (int budget = 0; budget < 5; budget++)
        for (int i = -4; i <= 4; i++)
        {
            double flops = 1e17 * Math.Pow(10, budget), parameters = law.OptimalParameters(flops) * Math.Pow(range, i / 4.0) * Math.Exp(drift * budget);
            double tokens = flops / 6 / parameters;
            points.Add(new ScalingPoint("made up", parameters, tokens, law.Loss(new LawInput(parameters, tokens))) { Flops = flops });
        }

        return points;
    }

    public static string ChinchillaFile => Path.Combine(SharedFolder.RepositoryRoot!, "tests", "Kansformers.Tests", "Fixtures", "scaling", "chinchilla_runs.csv");

    public static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
