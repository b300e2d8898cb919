using System.Diagnostics;
using Kansformers.Inspection;

namespace Kansformers.Formulas;

/// <summary>x y by one multiplication node, as a formula.</summary>
internal static class ProductStudy
{
    private const int Seeds = 11;
    private const double Target = 1e-12;

    public static Study Run()
    {
        FitTask task = new(2, 1000, x => x[0] * x[1]);
        List<Dictionary<string, object>> rows = [];
        for (int seed = 0; seed < Seeds; seed++)
        {
            long begin = Stopwatch.GetTimestamp();
            KanNetwork network = new(new KanNetworkOptions { Widths = [2, new(0, 2), 1], GridSize = 3, Seed = seed });
            network.Fit(task.Data, new FitOptions { Steps = 20 });
            double fitted = task.TestError(network);
            network = network.Prune(task.Data.Inputs);
            Formula formula = network.FitFormulas(task.Data)[0];
            double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds, error = task.TestError(formula);
            rows.Add(new() { ["seed"] = seed, ["fitted"] = fitted, ["symbolic"] = error, ["exact"] = error <= Target, ["seconds"] = seconds, ["formula"] = formula.ToString() });
        }

        return new Study("product", $"[2, [0, 1], 1], grid 3, formulas; test errors, to be {Target} at most; seeds 0 to {Seeds - 1}", rows, rows.All(row => (bool)row["exact"]));
    }
}
