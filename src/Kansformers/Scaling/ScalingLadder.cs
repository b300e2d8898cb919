using Kansformers.Comparisons;
using Kansformers.Files;
using Kansformers.Text;
using Kansformers.Training;

namespace Kansformers.Scaling;

/// <summary>
/// Models of several kinds, sizes and lengths of training in a folder that keeps every run, <c>runs/MODEL-SIZE-BUDGET-seedN-DIGEST</c>, by a digest of all that decides
/// its numbers. Whatever is there is not done again, so that an interrupted ladder goes on, and one with more sizes, budgets or seeds adds to it.
/// </summary>
public sealed class ScalingLadder : IDisposable
{
    private readonly FolderLock _lock;
    private readonly LadderConfig _config;

    private ScalingLadder(string folder, LadderConfig config, IReadOnlyList<LadderRung> rungs, FolderLock held) =>
        (Folder, _config, Rungs, _lock) = (folder, config, rungs, held);

    /// <summary>The full path of the folder.</summary>
    public string Folder { get; }

    /// <summary>What is trained, by kind, size and budget.</summary>
    public IReadOnlyList<LadderRung> Rungs { get; }

    /// <summary>What there is to say of the plan, such as that a text is read more than once.</summary>
    public IReadOnlyList<string> Notes => Rungs.MaxBy(rung => rung.Epochs) is { Epochs: > 1 } most
        ? [FormattableString.Invariant($"{Rungs.Count(rung => rung.Epochs > 1)} of {Rungs.Count} trainings read the text more than once, {most.Model.Name} {most.Epochs:0.0} times: what is read again teaches less, which laws of scaling do not know")]
        : [];

    /// <summary>Checks a ladder, prepares its text, and plans its runs; nothing is trained yet.</summary>
    /// <param name="config">The ladder.</param>
    /// <param name="folder">The folder that keeps the runs; made when missing.</param>
    /// <param name="progress">Is told how far downloading and tokenizing have come.</param>
    /// <param name="cancellation">Stops downloading and tokenizing.</param>
    /// <exception cref="KansformersException">Something in it is wrong, or the folder is in use by another ladder.</exception>
    public static ScalingLadder Open(LadderConfig config, string folder, IProgress<EncodeProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        config.Validate();
        string full = Path.GetFullPath(folder);
        if (File.Exists(full))
            throw new KansformersException($"'{full}' is a file; give a ladder a folder");
        using TokenizedCorpus corpus = TrainingRun.Prepare(config.Kinds.Data, null, progress, cancellation);
        IReadOnlyList<LadderRung> rungs = LadderPlan.Rungs(config, corpus);
        return new ScalingLadder(full, config, rungs, FolderLock.Take(full, "another ladder"));
    }

    /// <summary>Trains what is not trained yet, the longest first; the points are kept in the folder as <c>scale.json</c>.</summary>
    /// <param name="options">How to run it, as a comparison is.</param>
    /// <param name="progress">Is told how far it is, perhaps from another thread.</param>
    /// <param name="cancellation">Ends the runs in order; calling this again, with the same folder, goes on.</param>
    /// <returns>What came of it; <see cref="LadderResult.Failures"/> tells the runs that failed.</returns>
    /// <exception cref="KansformersException">The folder cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was interrupted.</exception>
    public LadderResult Run(ComparisonOptions? options = null, IProgress<ComparisonProgress>? progress = null, CancellationToken cancellation = default)
    {
        RunSitting sitting = new(options ?? new ComparisonOptions());
        (LadderRung Rung, PlannedRun Run)[] all = [.. Rungs.SelectMany(Runs)];
        IReadOnlyList<RunFailure> failures = sitting.Queue(Shifts(sitting, [.. all.Select(one => one.Run)]), progress, StepFlops, double.NaN).Run(cancellation);
        LadderResult result = new()
        {
            Config = _config,
            Rungs = [.. all.GroupBy(one => one.Rung).Select(runs => RungResult.Of(runs.Key, [.. runs.Select(one => (one.Run.Seed, sitting.Outcomes.Find(one.Run)))]))],
            Failures = failures,
        };
        AtomicFile.WriteText(Path.Combine(Folder, "scale.json"), result.ToJson());
        sitting.Outcomes.Keep([.. all.Select(one => one.Run)]); // those that the results file did not take before
        return result;
    }

    /// <summary>Releases the folder.</summary>
    public void Dispose() => _lock.Dispose();

    private IEnumerable<(LadderRung Rung, PlannedRun Run)> Runs(LadderRung rung)
    {
        string digest = RunName.Digest(rung.Model.Config);
        return rung.Model.Seeds.Select(seed => (rung, new PlannedRun(rung.Model, seed, new RunFiles(Path.Combine(Folder, "runs", RunName.Of(rung.Model.Name, seed, digest))))));
    }

    // Large models one after the other with all threads, then the small ones side by side; the longest first, so that none is left alone at the end. Where the
    // user says how many at a time, all are alike.
    private static RunShift[] Shifts(RunSitting sitting, PlannedRun[] runs)
    {
        PlannedRun[] longest = [.. runs.OrderByDescending(run => run.Model.FlopsPerToken * run.Model.Tokens)];
        PlannedRun[][] shifts = [[.. longest.Where(run => !RunSitting.IsSmall(run.Model))], [.. longest.Where(run => RunSitting.IsSmall(run.Model))]];
        return [.. shifts.Where(shift => shift.Length > 0).Select(shift => sitting.Shift(shift, sitting.Jobs(shift)))];
    }

    private static double StepFlops(PlannedModel model) => model.FlopsPerToken * TrainingCost.TokensPerStep(model.Config.Model, model.Config.Training);
}
