using System.Diagnostics;
using Kansformers.Inspection;

namespace Kansformers.Formulas;

/// <summary>A network that is fitted on finer and finer grids.</summary>
/// <param name="Name">The study.</param>
/// <param name="Task">What is fitted.</param>
/// <param name="Widths">The network's shape.</param>
/// <param name="Grids">Its grids, with the test errors of pykan's published run.</param>
internal sealed record Ladder(string Name, FitTask Task, KanWidth[] Widths, (int Grid, double Published)[] Grids)
{
    /// <summary>Seeds from 0 on.</summary>
    public int Seeds { get; init; } = 11;

    /// <summary>How many grids every seed climbs before the best of them is chosen.</summary>
    public int Judged { get; init; } = 1;

    /// <summary>The weight of the penalty of the first 20 steps.</summary>
    public double PenaltyWeight { get; init; }
}

/// <summary>
/// Errors on ladders of grids. Several seeds climb the first steps, or all; shown is the one that then has the lowest loss on the samples that it is fitted to, in which
/// nothing that is held out has a part. Grids end a hundredth beyond the samples, for a spline goes to 0 beyond its grid and the held-out samples reach a little further.
/// </summary>
internal static class LadderStudy
{
    public static Ladder Shallow { get; } = new("ladder", FitTask.First, [2, 1, 1], [(5, 6.6e-3), (10, 4.2e-4), (20, 4.5e-5), (50, 1.0e-5), (100, 8.2e-6)]) { Judged = 5 };

    public static Ladder Deep { get; } = new("deep", FitTask.Deep, [4, 2, 1, 1], [(3, 9.2e-3), (5, 3.3e-3), (10, 1.1e-3), (20, 3.8e-4), (50, 3.8e-5)]) { Seeds = 24, PenaltyWeight = 0.002 };

    public static Study Run(Ladder ladder, TextWriter progress)
    {
        List<Climb> climbs = [];
        for (int seed = 0; seed < ladder.Seeds; seed++)
        {
            Climb climb = new(ladder, seed, (kan, data, options) => kan.Fit(data, options));
            for (int at = 0; at < ladder.Judged; at++)
                climb.Next();
            climbs.Add(climb);
            progress.WriteLine(FormattableString.Invariant($"seed {seed}: loss {climb.Loss:0.00e+00}"));
        }

        Climb best = climbs.MinBy(climb => climb.Loss)!;
        while (best.Rows.Count < ladder.Grids.Length)
            best.Next();
        bool reached = best.Rows.Zip(ladder.Grids).All(pair => (double)pair.First["error"] <= pair.Second.Published);
        string shape = string.Join(", ", ladder.Widths.Select(width => width.ToString()));
        return new Study(ladder.Name, $"[{shape}], 50 steps of L-BFGS a grid; of seeds 0 to {ladder.Seeds - 1} the one of the lowest training loss at grid {ladder.Grids[ladder.Judged - 1].Grid}, seed {best.Seed}; test errors", best.Rows, reached);
    }
}

/// <summary>One seed on its way up a ladder.</summary>
internal sealed class Climb(Ladder ladder, int seed, Action<KanNetwork, FitData, FitOptions> fit)
{
    private KanNetwork _network = new(new KanNetworkOptions { Widths = ladder.Widths, GridSize = 3, GridMargin = 0.01, Seed = seed });
    private double _seconds;

    public int Seed => seed;

    public List<Dictionary<string, object>> Rows { get; } = [];

    /// <summary>The loss on the samples of the fit.</summary>
    public double Loss => _network.Loss(ladder.Task.Data.Inputs, ladder.Task.Data.Targets);

    /// <summary>Climbs to the next grid.</summary>
    public void Next()
    {
        (int grid, double published) = ladder.Grids[Rows.Count];
        long begin = Stopwatch.GetTimestamp();
        if (Rows.Count == 0)
            fit(_network, ladder.Task.Data, new FitOptions { Steps = 20, PenaltyWeight = ladder.PenaltyWeight });
        if (grid > _network.Options.GridSize)
            _network = _network.Refine(grid, ladder.Task.Data.Inputs);
        fit(_network, ladder.Task.Data, new FitOptions { Steps = 50, GridUpdates = 0 });
        _seconds += Stopwatch.GetElapsedTime(begin).TotalSeconds;
        Rows.Add(new() { ["grid"] = grid, ["error"] = ladder.Task.TestError(_network), ["published"] = published, ["train_error"] = Math.Sqrt(Loss), ["seconds"] = _seconds });
    }
}
