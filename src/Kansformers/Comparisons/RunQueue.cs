using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Kansformers.Files;
using Kansformers.Training;

namespace Kansformers.Comparisons;

/// <summary>A run of a comparison.</summary>
/// <param name="Model">The model.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Files">Where it is kept.</param>
internal sealed record PlannedRun(PlannedModel Model, long Seed, RunFiles Files)
{
    /// <summary>The processor threads that were settled for it; 0 before that.</summary>
    public int Threads { get; init; }
}

/// <summary>Runs that are trained side by side.</summary>
/// <param name="Runs">The runs, those that are done included.</param>
/// <param name="Jobs">How many at a time.</param>
/// <param name="Threads">The processor threads of each.</param>
internal sealed record RunShift(IReadOnlyList<PlannedRun> Runs, int Jobs, int Threads);

/// <summary>Trains runs, so many at a time, each in a process of its own where a program is given for that; tells how far they are.</summary>
/// <param name="shifts">The runs; a shift begins when the one before it has ended.</param>
/// <param name="outcomes">Where outcomes are found, and kept.</param>
/// <param name="workers">Who trains.</param>
/// <param name="progress">Is told how far it is, from several threads.</param>
internal sealed class RunQueue(IReadOnlyList<RunShift> shifts, RunOutcomes outcomes, Workers workers, IProgress<ComparisonProgress>? progress)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    // For a process that is to end: its step, a validation, and a checkpoint.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);

    private readonly Lock _lock = new();
    private readonly Dictionary<PlannedRun, RunningModel> _running = [];
    private readonly ConcurrentBag<RunFailure> _failures = [];
    private readonly Dictionary<PlannedRun, (long Time, long Step)> _begun = [];
    private readonly Dictionary<string, double> _pace = [];
    private readonly HashSet<PlannedRun> _done = [.. shifts.SelectMany(shift => shift.Runs).Where(run => outcomes.Find(run) is not null)];
    private readonly int _count = shifts.Sum(shift => shift.Runs.Count);
    private long _told;

    /// <summary>What a step of a model costs, in any unit: from it and the pace of the others follows how long a model takes that was not seen at work.</summary>
    public Func<PlannedModel, double> StepCost { get; init; } = model => model.StepSeconds;

    /// <summary>The seconds that a unit of cost takes where no model was seen at work; NaN where that is not known.</summary>
    public double FirstPace { get; init; } = double.NaN;

    /// <summary>Trains what is not done yet; a run that fails leaves the others as they are.</summary>
    /// <param name="cancellation">Ends all runs in order.</param>
    public IReadOnlyList<RunFailure> Run(CancellationToken cancellation)
    {
        foreach (RunShift shift in shifts)
            Run(shift, cancellation);
        return [.. _failures];
    }

    private void Run(RunShift shift, CancellationToken cancellation)
    {
        PlannedRun[] left = [.. shift.Runs.Where(run => !_done.Contains(run))];
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = shift.Jobs, CancellationToken = cancellation };
        if (shift.Jobs == 1)
        {
            foreach (PlannedRun run in left.TakeWhile(_ => !cancellation.IsCancellationRequested))
                Run(run, shift.Threads, cancellation);
        }
        else
        {
            // Partitioned one by one, so that no run waits behind another while a worker is free. An interruption comes out below.
            try
            {
                Parallel.ForEach(Partitioner.Create(left, EnumerablePartitionerOptions.NoBuffering), parallel, run => Run(run, shift.Threads, cancellation));
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
            }
        }

        cancellation.ThrowIfCancellationRequested();
    }

    private void Run(PlannedRun run, int threads, CancellationToken cancellation)
    {
        try
        {
            // Sums are rounded otherwise on another number of threads: a run goes on with as many as it began with.
            if (run.Files.IsBegun && RunFolder.Open(run.Files.Path).Config.Threads is [.., int before])
                threads = before;
            else if (run.Threads > 0)
                threads = run.Threads;
            if (AwaitEarlier(run, cancellation))
            {
                Keep(run);
                Finish(run, null);
                return;
            }

            Tell(run, 0, double.NaN);
            bool done = workers.Do([ComparisonWorker.Train, run.Files.Path], threads, line => Read(run, line), cancellation);
            if (done)
            {
                Keep(run);
                Finish(run, run.Files.ReadOutcome<RunOutcome>() is RunOutcome outcome
                    ? FormattableString.Invariant($"{run.Model.Name}, seed {run.Seed}: validation loss {outcome.ValidationLoss:0.0000} after {outcome.Steps} steps, {HumanText.Duration(TimeSpan.FromSeconds(outcome.Seconds))}") : null);
            }
        }
        catch (KansformersException failure) when (!cancellation.IsCancellationRequested)
        {
            _failures.Add(new RunFailure(run.Model.Name, run.Seed, failure.Message));
            Finish(run, FormattableString.Invariant($"{run.Model.Name}, seed {run.Seed}, failed: {failure.Message}"));
        }
        finally
        {
            lock (_lock)
                _running.Remove(run);
        }
    }

    // After kill -9 of a comparison its processes end by themselves, but not at once. Whether the earlier one has finished the run meanwhile.
    private bool AwaitEarlier(PlannedRun run, CancellationToken cancellation)
    {
        string path = Path.Combine(run.Files.Path, FolderLock.FileName);
        long began = Stopwatch.GetTimestamp();
        bool waited = false;
        while (File.Exists(path) && !IsFree(path))
        {
            if (!waited)
            {
                lock (_lock)
                    Report(FormattableString.Invariant($"{run.Model.Name}, seed {run.Seed}: waiting for the end of its process of an earlier call"));
            }

            waited = true;
            if (Stopwatch.GetElapsedTime(began) > LongestWait)
                throw new KansformersException($"a process of an earlier call still trains '{run.Files.Path}'; end it, and give the same command again");
            cancellation.WaitHandle.WaitOne(Interval);
            cancellation.ThrowIfCancellationRequested();
        }

        return waited && run.Files.ReadOutcome<RunOutcome>() is not null;

        static bool IsFree(string path)
        {
            using FileLock? taken = FileLock.TryTake(path);
            return taken is not null;
        }
    }

    // A run is done once it is trained, for its outcome lies beside its folder. What the list of results did not take it is given again with the next run, and at the end.
    private void Keep(PlannedRun run)
    {
        try
        {
            outcomes.Keep(run);
        }
        catch (KansformersException failure)
        {
            lock (_lock)
                Report(FormattableString.Invariant($"{run.Model.Name}, seed {run.Seed}, is trained, but not among the results yet: {failure.Message}"));
        }
    }

    private void Read(PlannedRun run, string line)
    {
        if (line.Split(' ') is [string step, string loss] && long.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out long steps)
            && double.TryParse(loss, NumberStyles.Float, CultureInfo.InvariantCulture, out double nats))
            Tell(run, steps, nats);
    }

    private void Tell(PlannedRun run, long step, double loss)
    {
        lock (_lock)
        {
            _running[run] = new RunningModel(run.Model.Name, run.Seed, step, run.Model.Steps, loss);

            // By the clock, validations and checkpoints included.
            if (step > 0 && !_begun.TryAdd(run, (Stopwatch.GetTimestamp(), step)) && step > _begun[run].Step)
                _pace[run.Model.Name] = Stopwatch.GetElapsedTime(_begun[run].Time).TotalSeconds / (step - _begun[run].Step);
            if (Stopwatch.GetElapsedTime(_told) < Interval)
                return;
            _told = Stopwatch.GetTimestamp();
            Report(null);
        }
    }

    private void Finish(PlannedRun run, string? notice)
    {
        lock (_lock)
        {
            _running.Remove(run);
            _done.Add(run);
            Report(notice);
        }
    }

    private void Report(string? notice) => progress?.Report(new ComparisonProgress(_done.Count, _count, [.. _running.Values], Left(), notice));

    // By the pace of each model's runs in this sitting; where there was none, by the cost of its steps at the pace of the others.
    private TimeSpan? Left()
    {
        double[] paces = [.. shifts.SelectMany(shift => shift.Runs).Select(run => run.Model).Distinct().Where(model => _pace.ContainsKey(model.Name)).Select(model => _pace[model.Name] / StepCost(model))];
        double pace = paces.Length == 0 ? FirstPace : paces.Average(), seconds = 0;
        foreach (RunShift shift in shifts)
        {
            double[] each = [.. shift.Runs.Where(run => !_done.Contains(run)).Select(run => _pace.GetValueOrDefault(run.Model.Name, pace * StepCost(run.Model)) * (run.Model.Steps - (_running.GetValueOrDefault(run)?.Step ?? 0)))];
            seconds += each.Length == 0 ? 0 : Math.Max(each.Sum() / shift.Jobs, each.Max());
        }

        return double.IsFinite(seconds) && seconds < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(Math.Max(0, seconds)) : null;
    }
}
