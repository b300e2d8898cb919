using System.Globalization;
using Kansformers.Scaling;

/// <summary>
/// What fits of scaling laws can be trusted with, on made-up studies: exact laws found again, how many of 100 intervals hold the truth, and how far parabolas are off. All draws
/// have seeds, so that the numbers are the same on every machine.
/// </summary>
internal static class ScalingLaws
{
    public const string Verb = "laws";

    private const int Draws = 100;

    private static readonly ChinchillaLaw Truth = new(1.82, 482, 2085, 0.348, 0.366), Hoffmann = new(1.69, 406.4, 410.7, 0.34, 0.28);

    public static int Run(string[] args)
    {
        if (args.Length > 0)
        {
            Console.Error.WriteLine($"error: '{Verb}' takes no arguments");
            return 2;
        }

        Exact();
        Coverage();
        Parabolas();
        return 0;
    }

    private static void Exact()
    {
        Console.WriteLine("Exact laws of 5 sizes times 5 numbers of tokens, found again: the largest relative error of a coefficient.\n");
        Console.WriteLine("| E, A, B, α, β | projection | grid |\n|---|---|---|");
        foreach (ChinchillaLaw law in new[] { Truth, Hoffmann, new(0.5, 30, 2e5, 0.2, 0.6), new(3, 5e3, 40, 0.7, 0.15) })
        {
            string[] errors = [.. new[] { LawOptimizer.VariableProjection, LawOptimizer.GridOfStarts }.Select(optimizer =>
                Invariant($"{Error(law, ChinchillaLaw.Fit(Grid(law, 5, 5, () => 0), new FitOptions { Bootstraps = 0, Optimizer = optimizer }).Law):0.0e+0}"))];
            Console.WriteLine(Invariant($"| {law.E}, {law.A}, {law.B}, {law.Alpha}, {law.Beta} | {errors[0]} | {errors[1]} |"));
        }
    }

    private static double Error(ChinchillaLaw truth, ChinchillaLaw found) => truth.Coefficients.Zip(found.Coefficients).Max(pair => Math.Abs((pair.Second.Value / pair.First.Value) - 1));

    private static void Coverage()
    {
        Console.WriteLine(Invariant($"\nOf {Draws} made-up studies, how many 95 % intervals of 200 fits hold the truth: E, A, B, α, β, the exponents a and b of best sizes and tokens, and the loss of a model four times as large as the largest.\n"));
        Console.WriteLine("| runs | scatter of the loss | drawn anew | E | A | B | α | β | a | b | loss |\n|---|---|---|---|---|---|---|---|---|---|---|");
        foreach ((int sizes, int texts, double deviation) in new[] { (5, 4, 0.005), (6, 6, 0.01), (8, 8, 0.005), (12, 12, 0.002) })
        {
            foreach (Resampling resampling in new[] { Resampling.Runs, Resampling.Residuals })
                Row(sizes, texts, resampling, Invariant($"normal, {100 * deviation} %"), random => deviation * Normal(random));
        }

        Row(8, 8, Resampling.Runs, "even within ±0.2 %", random => 0.002 * ((2 * random.NextDouble()) - 1));
    }

    private static void Row(int sizes, int texts, Resampling resampling, string scatter, Func<Random, double> noise)
    {
        LawInput larger = new(4e10, 1.2e12);
        int[] covered = new int[Truth.Coefficients.Count + 1];
        for (int draw = 0; draw < Draws; draw++)
        {
            Random random = new(draw);
            LawFit<ChinchillaLaw> fit = ChinchillaLaw.Fit(Grid(Truth, sizes, texts, () => noise(random)), new FitOptions { Bootstraps = 200, Seed = draw, Resampling = resampling });
            for (int i = 0; i < Truth.Coefficients.Count; i++)
                covered[i] += fit.Coefficients[i].Interval.Contains(Truth.Coefficients[i].Value) ? 1 : 0;
            covered[^1] += fit.Predict(larger).Law.Contains(Truth.Loss(larger)) ? 1 : 0;
        }

        string drawn = resampling == Resampling.Runs ? "runs" : "residuals";
        Console.WriteLine(Invariant($"| {sizes * texts} | {scatter} | {drawn} | {string.Join(" | ", covered)} |"));
    }

    private static void Parabolas()
    {
        Console.WriteLine("\nParabolas through the losses of Hoffmann et al.'s law, sizes centred on the best one of each of 5 budgets: by how much their best size is off.\n");
        Console.WriteLine("| sizes, times the best one | best size | exponent a |\n|---|---|---|");
        foreach (double range in new[] { 2.0, 4, 16 })
        {
            IsoFlopBias bias = IsoFlop.Fit(Valleys(range), new FitOptions { Bootstraps = 0 }).Bias(Hoffmann);
            Console.WriteLine(Invariant($"| 1/{range} to {range} | {100 * (bias.SizeRatios.Average() - 1):+0.0;−0.0} % | {bias.ParametersExponent:+0.0000;−0.0000;0.0000} |"));
        }
    }

    private static List<ScalingPoint> Valleys(double range)
    {
        List<ScalingPoint> points = [];
        for (int budget = 0; budget < 5; budget++)
        {
            for (int i = -4; i <= 4; i++)
            {
                double flops = 1e17 * Math.Pow(10, budget), parameters = Hoffmann.OptimalParameters(flops) * Math.Pow(range, i / 4.0), tokens = flops / 6 / parameters;
                points.Add(new ScalingPoint("made up", parameters, tokens, Hoffmann.Loss(new LawInput(parameters, tokens))) { Flops = flops });
            }
        }

        return points;
    }

    // Sizes of 10 M to 10 G times 300 M to 300 G tokens, evenly spaced in logarithms.
    private static List<ScalingPoint> Grid(ChinchillaLaw law, int sizes, int texts, Func<double> noise)
    {
        List<ScalingPoint> points = [];
        for (int i = 0; i < sizes; i++)
        {
            for (int j = 0; j < texts; j++)
            {
                double parameters = 1e7 * Math.Pow(1000, i / (sizes - 1.0)), tokens = 3e8 * Math.Pow(1000, j / (texts - 1.0));
                points.Add(new ScalingPoint("made up", parameters, tokens, law.Loss(new LawInput(parameters, tokens)) * Math.Exp(noise())));
            }
        }

        return points;
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
