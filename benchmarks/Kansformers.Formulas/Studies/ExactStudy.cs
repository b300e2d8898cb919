using System.Diagnostics;
using Kansformers.Inspection;

namespace Kansformers.Formulas;

/// <summary>From samples to the exact formula, without a hand in between.</summary>
internal static class ExactStudy
{
    private const int Seeds = 11;
    private const double RefinedTarget = 4.7e-4, FormulaTarget = 1e-9;

    /// <summary>Fits, prunes and refines.</summary>
    /// <param name="fit">What fits a network.</param>
    /// <param name="seed">The seed of the first values.</param>
    public static KanNetwork Refined(Action<KanNetwork, FitData, FitOptions> fit, int seed)
    {
        FitTask task = FitTask.First;
        KanNetwork network = new(new KanNetworkOptions { Widths = [2, 5, 1], GridSize = 3, Seed = seed });
        fit(network, task.Data, new FitOptions { Steps = 20, PenaltyWeight = 0.01 });
        network = network.Prune(task.Data.Inputs);
        fit(network, task.Data, new FitOptions { Steps = 20 });
        network = network.Refine(10, task.Data.Inputs);
        fit(network, task.Data, new FitOptions { Steps = 50, GridUpdates = 0 });
        return network;
    }

    public static Study Run(TextWriter progress)
    {
        FitTask task = FitTask.First;
        List<Dictionary<string, object>> rows = [];
        for (int seed = 0; seed < Seeds; seed++)
        {
            long begin = Stopwatch.GetTimestamp();
            KanNetwork network = Refined((kan, data, options) => kan.Fit(data, options), seed);
            double refined = task.TestError(network);
            double trained = Math.Sqrt(network.Loss(task.Data.Inputs, task.Data.Targets));
            string shape = string.Join(", ", network.Options.Widths);
            Formula formula = network.FitFormulas(task.Data)[0];
            double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds, error = task.TestError(formula);
            rows.Add(new() { ["seed"] = seed, ["shape"] = $"[{shape}]", ["train_error"] = trained, ["refined"] = refined, ["symbolic"] = error, ["exact"] = error <= FormulaTarget, ["seconds"] = seconds, ["formula"] = formula.ToString() });
            progress.WriteLine($"seed {seed}: {formula}");
        }

        // As in the ladders, the samples of the fit choose the seed, not those of the test.
        Dictionary<string, object> best = rows.MinBy(row => (double)row["train_error"])!;
        int refinedEnough = rows.Count(row => (double)row["refined"] <= RefinedTarget), exact = rows.Count(row => (bool)row["exact"]);
        return new Study("exact", $"[2, 5, 1], grid 3, pruned, refined to grid 10, formulas; test errors, to be {RefinedTarget} refined and {FormulaTarget} symbolic at most: {refinedEnough} and {exact} of seeds 0 to {Seeds - 1}; judged by the one of the lowest training error, {best["seed"]}", rows,
            (bool)best["exact"] && (double)best["refined"] <= RefinedTarget);
    }
}
