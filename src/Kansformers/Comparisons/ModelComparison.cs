using System.Diagnostics;
using Kansformers.Files;
using Kansformers.Text;
using Kansformers.Training;

namespace Kansformers.Comparisons;

/// <summary>How a comparison is run.</summary>
public sealed record ComparisonOptions
{
    /// <summary>How many runs train side by side; null for as many as there are processor threads, where models are small and the memory suffices, else one.</summary>
    public int? Jobs { get; init; }

    /// <summary>
    /// Makes ready to start a program that calls <see cref="ComparisonWorker.Do"/> with the arguments: each run then has a process of its own. Null trains in this
    /// process, one run after another.
    /// </summary>
    public Func<IReadOnlyList<string>, ProcessStartInfo>? Worker { get; init; }

    /// <summary>A file that lists outcomes: its runs are not trained again, and those that are done are added. Null for none. A file of that name and
    /// <c>.lock</c> stays beside it, by which comparisons that add to it at the same time wait for each other.</summary>
    public string? Results { get; init; }
}

/// <summary>
/// Models trained on the same text with the same seeds, in a folder that keeps every run: <c>runs/MODEL-seedN-DIGEST</c>, by a digest of all that decides its
/// numbers. Whatever is there is not done again, so that an interrupted comparison goes on, and one with more seeds or models adds to it.
/// </summary>
public sealed class ModelComparison : IDisposable
{
    private readonly FolderLock _lock;
    private readonly ComparisonConfig _config;

    private ModelComparison(string folder, ComparisonConfig config, IReadOnlyList<PlannedModel> models, FolderLock held) =>
        (Folder, _config, Models, _lock) = (folder, config, models, held);

    /// <summary>The full path of the folder.</summary>
    public string Folder { get; }

    /// <summary>The models as they will be trained; those whose steps are matched by seconds get them when <see cref="Run"/> has timed them.</summary>
    public IReadOnlyList<PlannedModel> Models { get; private set; }

    /// <summary>What there is to say of the plan, such as models that see other batches.</summary>
    public IReadOnlyList<string> Notes => [.. Planning.Notes(Models)];

    /// <summary>Checks a comparison, prepares its text, and matches its models; nothing is trained yet.</summary>
    /// <param name="config">What is compared.</param>
    /// <param name="folder">The folder that keeps the runs; made when missing.</param>
    /// <param name="progress">Is told how far downloading and tokenizing have come.</param>
    /// <param name="cancellation">Stops downloading and tokenizing.</param>
    /// <exception cref="KansformersException">Something in it is wrong, or the folder is in use by another comparison.</exception>
    public static ModelComparison Open(ComparisonConfig config, string folder, IProgress<EncodeProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        config.Validate();
        string full = Path.GetFullPath(folder);
        if (File.Exists(full))
            throw new KansformersException($"'{full}' is a file; give a comparison a folder");
        using TokenizedCorpus corpus = TrainingRun.Prepare(config.Data, null, progress, cancellation);
        IReadOnlyList<PlannedModel> models = Planning.Plan(config, corpus);
        return new ModelComparison(full, config, models, FolderLock.Take(full, "another comparison"));
    }

    /// <summary>Times the models, trains what is not trained yet, and compares; the table and the picture are kept in the folder.</summary>
    /// <param name="options">How to run it.</param>
    /// <param name="progress">Is told how far it is, perhaps from another thread.</param>
    /// <param name="cancellation">Ends the runs in order; calling this again, with the same folder, goes on.</param>
    /// <returns>What came of it; <see cref="ComparisonResult.Failures"/> tells the runs that failed.</returns>
    /// <exception cref="KansformersException">The folder cannot be written; or the file of results: at once where there is something to list already, else when all else is done, table and picture too.</exception>
    /// <exception cref="OperationCanceledException">It was interrupted.</exception>
    public ComparisonResult Run(ComparisonOptions? options = null, IProgress<ComparisonProgress>? progress = null, CancellationToken cancellation = default)
    {
        RunSitting sitting = new(options ?? new ComparisonOptions());
        List<RunFailure> failures = [];
        Time(sitting, progress, failures, cancellation);
        if (_config.Match.Steps == StepMatch.Seconds)
            Models = Planning.MatchSteps(_config.Match, Models, model => model.StepSeconds);
        PlannedRun[] runs = [.. Runs()];
        RunShift shift = sitting.Shift(runs, sitting.Jobs(runs));
        failures.AddRange(sitting.Queue([shift], progress, model => model.StepSeconds, shift.Jobs).Run(cancellation));
        ComparisonResult result = ComparisonResult.Of(_config, Models, [.. runs.Select(run => (run, sitting.Outcomes.Find(run)))], [.. failures]);
        AtomicFile.WriteText(Path.Combine(Folder, "compare.md"), result.ToMarkdown());
        AtomicFile.WriteText(Path.Combine(Folder, "compare.svg"), result.ToSvg());
        sitting.Outcomes.Keep(runs); // those that the file did not take before
        return result;
    }

    /// <summary>Releases the folder.</summary>
    public void Dispose() => _lock.Dispose();

    // One after the other, with all threads: what a step costs where nothing else runs. A timing that was made is kept, for steps may hang on it.
    private void Time(RunSitting sitting, IProgress<ComparisonProgress>? progress, List<RunFailure> failures, CancellationToken cancellation)
    {
        int threads = sitting.Cores;
        List<PlannedModel> timed = [];
        foreach (PlannedModel model in Models)
        {
            RunConfig config = model.With(0) with { Training = model.Config.Training.WithSteps(1) with { Seed = 0, EvalInterval = 1 } };
            RunFiles files = new(Path.Combine(Folder, "timings", FormattableString.Invariant($"{RunName.Of(model.Name)}-threads{threads}-{RunName.Digest(config)}")));
            try
            {
                if (!File.Exists(files.OutcomeFile))
                {
                    progress?.Report(new ComparisonProgress(0, 0, [], null, $"timing a step of {model.Name}, alone on the machine"));
                    config.Save(files.SettingsFile);
                    sitting.Workers.Do([ComparisonWorker.Time, files.Path], threads, _ => { }, cancellation);
                    cancellation.ThrowIfCancellationRequested();
                }

                StepTiming timing = files.ReadOutcome<StepTiming>() ?? throw new KansformersException("its timing left no outcome");
                timed.Add(model with { StepSeconds = timing.StepSeconds, PeakMemoryBytes = timing.PeakMemoryBytes, TimingThreads = timing.Threads });
            }
            catch (KansformersException failure)
            {
                failures.Add(new RunFailure(model.Name, null, failure.Message));
                timed.Add(model);
            }
        }

        Models = timed;
    }

    // Seed by seed, so that what is there when it is interrupted can be compared.
    private IEnumerable<PlannedRun> Runs()
    {
        int most = Models.Max(model => model.Seeds.Count);
        Dictionary<PlannedModel, string> digests = Models.Where(CanTrain).ToDictionary(model => model, model => RunName.Digest(model.Config));
        for (int i = 0; i < most; i++)
        {
            foreach (PlannedModel model in Models.Where(model => i < model.Seeds.Count && CanTrain(model)))
                yield return new PlannedRun(model, model.Seeds[i], new RunFiles(Path.Combine(Folder, "runs", RunName.Of(model.Name, model.Seeds[i], digests[model]))));
        }
    }

    // A model that cannot take a step alone on the machine cannot be trained, and without a timing nobody knows how many steps it may take.
    private static bool CanTrain(PlannedModel model) => !double.IsNaN(model.StepSeconds);
}
