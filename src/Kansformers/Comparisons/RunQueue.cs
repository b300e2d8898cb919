using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Kansformers.Training;

namespace Kansformers.Comparisons;

/// <summary>A run of a comparison.</summary>
/// <param name="Model">The model.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Files">Where it is kept.</param>
internal sealed record PlannedRun(PlannedModel Model, long Seed, RunFiles Files);

/// <summary>Trains runs, so many at a time, each in a process of its own where a program is given for that; tells how far they are.</summary>
internal sealed class RunQueue(IReadOnlyList<PlannedRun> runs, RunOutcomes outcomes, Workers workers, IProgress<ComparisonProgress>? progress)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly Lock _lock = new();
    private readonly Dictionary<PlannedRun, RunningModel> _running = [];
    private readonly ConcurrentBag<RunFailure> _failures = [];
    private readonly Dictionary<string, (double Seconds, long Steps)> _pace = [];
    private readonly HashSet<PlannedRun> _done = [.. runs.Where(run => outcomes.Find(run) is not null)];
    private long _told;

    /// <summary>Trains what is not done yet; a run that fails leaves the others as they are.</summary>
    /// <param name="jobs">How many at a time.</param>
    /// <param name="threads">The processor threads of each.</param>
    /// <param name="cancellation">Ends all runs in order.</param>
    public IReadOnlyList<RunFailure> Run(int jobs, int threads, CancellationToken cancellation)
    {
        PlannedRun[] left = [.. runs.Where(run => !_done.Contains(run))];
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = jobs, CancellationToken = cancellation };
        if (jobs == 1)
        {
            foreach (PlannedRun run in left.TakeWhile(_ => !cancellation.IsCancellationRequested))
                Run(run, threads, jobs, cancellation);
        }
        else
        {
            // Partitioned one by one, so that no run waits behind another while a worker is free. An interruption comes out below.
            try
            {
                Parallel.ForEach(Partitioner.Create(left, EnumerablePartitionerOptions.NoBuffering), parallel, run => Run(run, threads, jobs, cancellation));
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
            }
        }

        cancellation.ThrowIfCancellationRequested();
        return [.. _failures];
    }

    private void Run(PlannedRun run, int threads, int jobs, CancellationToken cancellation)
    {
        try
        {
            // Sums are rounded otherwise on another number of threads: a run goes on with as many as it began with.
            if (run.Files.IsBegun && RunFolder.Open(run.Files.Path).Config.Threads is [.., int before])
                threads = before;
            Tell(run, new RunningModel(run.Model.Name, run.Seed, 0, run.Model.Steps, double.NaN), 0, jobs);
            bool done = workers.Do([ComparisonWorker.Train, run.Files.Path], threads, line => Read(run, line, jobs), cancellation);
            if (done)
            {
                Keep(run, jobs);
                Finish(run, run.Files.ReadOutcome<RunOutcome>() is RunOutcome outcome
                    ? FormattableString.Invariant($"{run.Model.Name}, seed {run.Seed}: validation loss {outcome.ValidationLoss:0.0000} after {outcome.Steps} steps, {HumanText.Duration(TimeSpan.FromSeconds(outcome.Seconds))}") : null, jobs);
            }
        }
        catch (KansformersException failure) when (!cancellation.IsCancellationRequested)
        {
            _failures.Add(new RunFailure(run.Model.Name, run.Seed, failure.Message));
            Finish(run, FormattableString.Invariant($"{run.Model.Name}, seed {run.Seed}, failed: {failure.Message}"), jobs);
        }
        finally
        {
            lock (_lock)
                _running.Remove(run);
        }
    }

    // A run is done once it is trained, for its outcome lies beside its folder. What the list of results did not take it is given again with the next run, and at the end.
    private void Keep(PlannedRun run, int jobs)
    {
        try
        {
            outcomes.Keep(run);
        }
        catch (KansformersException failure)
        {
            lock (_lock)
                Report(FormattableString.Invariant($"{run.Model.Name}, seed {run.Seed}, is trained, but not among the results yet: {failure.Message}"), jobs);
        }
    }

    private void Read(PlannedRun run, string line, int jobs)
    {
        if (line.Split(' ') is [string step, string loss, string seconds] && long.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out long steps)
            && double.TryParse(loss, NumberStyles.Float, CultureInfo.InvariantCulture, out double nats) && double.TryParse(seconds, NumberStyles.Float, CultureInfo.InvariantCulture, out double spent))
            Tell(run, new RunningModel(run.Model.Name, run.Seed, steps, run.Model.Steps, nats), spent, jobs);
    }

    private void Tell(PlannedRun run, RunningModel state, double seconds, int jobs)
    {
        lock (_lock)
        {
            _running[run] = state;
            if (state.Step > 0)
                _pace[run.Model.Name] = (seconds, state.Step);
            if (Stopwatch.GetElapsedTime(_told) < Interval)
                return;
            _told = Stopwatch.GetTimestamp();
            Report(null, jobs);
        }
    }

    private void Finish(PlannedRun run, string? notice, int jobs)
    {
        lock (_lock)
        {
            _running.Remove(run);
            _done.Add(run);
            Report(notice, jobs);
        }
    }

    private void Report(string? notice, int jobs) => progress?.Report(new ComparisonProgress(_done.Count, runs.Count, [.. _running.Values], Left(jobs), notice));

    // By the pace of each model's runs in this sitting; where there was none, by its timing alone, which running side by side makes slower as it did the others.
    private TimeSpan? Left(int jobs)
    {
        double[] slower = [.. runs.Select(run => run.Model).Distinct().Where(model => _pace.ContainsKey(model.Name)).Select(model => _pace[model.Name].Seconds / _pace[model.Name].Steps / model.StepSeconds)];
        double factor = slower.Length == 0 ? jobs : slower.Average(), seconds = 0;
        foreach (PlannedRun run in runs.Where(run => !_done.Contains(run)))
        {
            double step = _pace.TryGetValue(run.Model.Name, out (double Seconds, long Steps) pace) ? pace.Seconds / pace.Steps : run.Model.StepSeconds * factor;
            seconds += step * (run.Model.Steps - (_running.TryGetValue(run, out RunningModel? state) ? state.Step : 0));
        }

        return double.IsFinite(seconds) && seconds / jobs < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(Math.Max(0, seconds / jobs)) : null;
    }
}
