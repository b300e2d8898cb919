using System.Diagnostics;
using Kansformers.Inspection;
using Kansformers.Runtime;

namespace Kansformers.Formulas;

/// <summary>
/// The same fits twice: as the library does them, and by torch operations with autograd. Same first values, samples, steps and optimizer; what differs is rounding, and what
/// it grows to.
/// </summary>
internal static class SpeedStudy
{
    private const double Target = 10;

    public static Study Run(TextWriter progress)
    {
        LibTorch.Load();
        List<Dictionary<string, object>> rows = [];
        foreach ((string name, Func<Action<KanNetwork, FitData, FitOptions>, double> work) in Works())
        {
            work((kan, data, options) => kan.Fit(data, options with { Steps = 1 })); // compiles
            (double seconds, double loss) = Timed(() => work((kan, data, options) => kan.Fit(data, options)));
            progress.WriteLine(FormattableString.Invariant($"{name}: {seconds:0.00} s; torch operations ..."));
            (double reference, double referenceLoss) = Timed(() => work(ReferenceFit.Run));
            rows.Add(new() { ["fit"] = name, ["seconds"] = seconds, ["reference_seconds"] = reference, ["times"] = reference / seconds, ["test_error"] = loss, ["reference_test_error"] = referenceLoss });
        }

        return new Study("speed", $"seed 0 of exact and seed 8 of ladder, fits and refining alone; at least {Target} times as fast", rows, rows.All(row => (double)row["times"] >= Target));
    }

    private static IEnumerable<(string, Func<Action<KanNetwork, FitData, FitOptions>, double>)> Works()
    {
        yield return ("exact", fit => FitTask.First.TestError(ExactStudy.Refined(fit, 0)));
        yield return ("ladder", fit =>
        {
            Climb climb = new(LadderStudy.Shallow, 8, fit);
            foreach (var _ in LadderStudy.Shallow.Grids)
                climb.Next();
            return (double)climb.Rows[^1]["error"];
        });
    }

    private static (double Seconds, double Error) Timed(Func<double> work)
    {
        long begin = Stopwatch.GetTimestamp();
        double error = work();
        return (Stopwatch.GetElapsedTime(begin).TotalSeconds, error);
    }
}
