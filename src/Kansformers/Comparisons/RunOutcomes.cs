using Kansformers.Training;

namespace Kansformers.Comparisons;

/// <summary>Where the outcomes of a comparison's runs are: beside their folders, and in a results file that may list more.</summary>
/// <param name="results">The file; null for none.</param>
internal sealed class RunOutcomes(ResultsFile? results)
{
    /// <summary>The outcome of a run; null when it is not done.</summary>
    /// <exception cref="KansformersException">Its file is damaged.</exception>
    public RunOutcome? Find(PlannedRun run) => run.Files.ReadOutcome<RunOutcome>() is RunOutcome own ? WithCurve(own, run.Files) : results?.Find(run.Files.Name);

    /// <summary>Lists runs in the results file, where there is one.</summary>
    /// <param name="runs">Those that are not done are left out.</param>
    public void Keep(params IEnumerable<PlannedRun> runs) =>
        results?.Add(runs.Select(run => (run.Files.Name, Find(run))).Where(one => one.Item2 is not null).Select(one => (one.Name, one.Item2!)));

    // Outcomes from before they had the curve.
    private static RunOutcome WithCurve(RunOutcome outcome, RunFiles files) => outcome.Curve is not null ? outcome
        : outcome with { Curve = ValidationPoint.Of(RunLog.Read(files.LogFile)) };
}
