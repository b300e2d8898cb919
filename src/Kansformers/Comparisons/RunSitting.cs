using static TorchSharp.torch;

namespace Kansformers.Comparisons;

/// <summary>How planned runs are trained in one sitting: by whom, how many at a time, and where their outcomes are kept.</summary>
internal sealed class RunSitting
{
    // Above it a model has work enough for all threads.
    private const long SmallParameters = 30_000_000;

    // Of the memory that there is, what runs may take.
    private const double MemoryShare = 0.8;

    private readonly int? _jobs;

    /// <param name="options">As the user has them.</param>
    /// <exception cref="KansformersException">There is no such number of jobs, or the results cannot be read.</exception>
    public RunSitting(ComparisonOptions options)
    {
        if (options.Jobs is < 1)
            throw new KansformersException($"jobs is {options.Jobs}; it must be at least 1");
        Workers = new Workers(options.Worker);
        if (!Workers.HaveProcesses && options.Jobs > 1)
            throw new KansformersException($"jobs is {options.Jobs}, but one process trains one run at a time; give it a worker, too");
        Outcomes = new RunOutcomes(options.Results is string results ? ResultsFile.Open(results) : null);
        (_jobs, Cores) = (options.Jobs, get_num_threads());
    }

    /// <summary>Who trains.</summary>
    public Workers Workers { get; }

    /// <summary>What is done.</summary>
    public RunOutcomes Outcomes { get; }

    /// <summary>The processor threads that there are.</summary>
    public int Cores { get; }

    /// <summary>Whether a model is so small that several train side by side.</summary>
    public static bool IsSmall(PlannedModel model) => model.Parameters <= SmallParameters;

    /// <summary>How many of some runs train side by side: as the user says, else one for each thread where all models are small and the memory suffices; those that are done count, so that it is the same in every sitting.</summary>
    public int Jobs(IReadOnlyList<PlannedRun> runs)
    {
        if (_jobs is int said)
            return said;
        if (!Workers.HaveProcesses || !runs.All(run => IsSmall(run.Model)))
            return 1;
        double room = MemoryShare * GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / Math.Max(1, runs.Select(run => run.Model.PeakMemoryBytes).DefaultIfEmpty().Max());
        return (int)Math.Clamp(Math.Min(room, Math.Min(Cores, runs.Count)), 1, Cores);
    }

    /// <summary>Runs that train side by side with an equal share of the threads.</summary>
    public RunShift Shift(IReadOnlyList<PlannedRun> runs, int jobs) => new(runs, jobs, Math.Max(1, Cores / jobs));

    /// <summary>A queue of runs, whose settings are written where they are not done; those that are done are listed in the results file.</summary>
    /// <param name="shifts">The runs.</param>
    /// <param name="progress">Is told how far they are.</param>
    /// <param name="stepCost">What a step of a model costs, in any unit.</param>
    /// <param name="firstPace">The seconds that a unit of cost takes before any is measured; NaN where that is not known.</param>
    public RunQueue Queue(IReadOnlyList<RunShift> shifts, IProgress<ComparisonProgress>? progress, Func<PlannedModel, double> stepCost, double firstPace)
    {
        PlannedRun[] runs = [.. shifts.SelectMany(shift => shift.Runs)];
        foreach (PlannedRun run in runs.Where(run => Outcomes.Find(run) is null && !File.Exists(run.Files.SettingsFile)))
            run.Model.With(run.Seed).Save(run.Files.SettingsFile);
        RunShift[] settled = [.. shifts.Select(Settled)];
        Outcomes.Keep(runs);
        return new RunQueue(settled, Outcomes, Workers, progress) { StepCost = stepCost, FirstPace = firstPace };
    }

    // The threads of a run are settled when it is first planned: neither what is done meanwhile nor other jobs change them.
    private RunShift Settled(RunShift shift) => shift with
    {
        Runs = [.. shift.Runs.Select(run => Outcomes.Find(run) is not null ? run : run with { Threads = run.Files.SettlePlan(new RunPlan(shift.Threads)).Threads })],
    };
}
