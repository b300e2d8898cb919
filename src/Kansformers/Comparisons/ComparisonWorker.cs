using System.Diagnostics;
using System.Globalization;
using Kansformers.Runtime;
using Kansformers.Training;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Comparisons;

/// <summary>
/// Does one piece of work of a comparison: trains a run, or times a model's steps. A comparison calls it within its own process, or starts a program for each
/// piece that does nothing but call <see cref="Do"/> with the arguments it is given.
/// </summary>
public static class ComparisonWorker
{
    internal const string Train = "train", Time = "time";

    // The first steps make memory, and compile code.
    private const int WarmUpSteps = 5, FewestSteps = 5, MostSteps = 30, Endless = 1_000_000;
    private const double LongestSeconds = 8;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(300);

    /// <summary>Does what the arguments say.</summary>
    /// <param name="arguments">As the comparison gave them.</param>
    /// <param name="output">Is told how far a training is, a line at a time: <c>STEP LOSS</c>.</param>
    /// <param name="cancellation">Ends the work in order, so that it can go on later.</param>
    /// <returns>Whether the work is done.</returns>
    /// <exception cref="KansformersException">It cannot be done.</exception>
    public static bool Do(IReadOnlyList<string> arguments, TextWriter output, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        ArgumentNullException.ThrowIfNull(output);
        return arguments switch
        {
            [Train, string path] => TrainRun(new RunFiles(path), output, cancellation),
            [Time, string path] => TimeSteps(new RunFiles(path), cancellation),
            _ => throw new KansformersException("these are no arguments of a comparison's worker"),
        };
    }

    private static bool TrainRun(RunFiles files, TextWriter output, CancellationToken cancellation)
    {
        using TrainingRun run = files.IsBegun
            ? TrainingRun.Resume(files.Path, cancellation: cancellation)
            : TrainingRun.Start(RunConfig.Load(files.SettingsFile), files.Path, cancellation: cancellation);
        long told = 0;
        run.Trainer.StepEnded += step =>
        {
            if (Stopwatch.GetElapsedTime(told) < Interval)
                return;
            told = Stopwatch.GetTimestamp();
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{step.Step} {step.Loss:R}"));
            output.Flush();
        };
        TrainingResult result = run.Run(cancellation);
        if (result.End == TrainingEnd.Interrupted)
            return false;
        IReadOnlyList<ValidationPoint> curve = ValidationPoint.Of(RunLog.Read(files.LogFile));
        files.WriteOutcome(new RunOutcome(result.Steps, result.Tokens, curve[^1].Loss, result.Seconds, PeakMemory.Bytes, get_num_threads()) { Curve = curve });
        return true;
    }

    // No run folder, no validation: steps alone, at the rates of an endless warm-up, so that none diverges that would not in its run.
    private static bool TimeSteps(RunFiles files, CancellationToken cancellation)
    {
        RunConfig config = RunConfig.Load(files.SettingsFile);
        using TrainingMaterial material = config.Training.Objective.Open(config.Data, null, null, cancellation);
        random.manual_seed(config.Training.Seed);
        using TransformerModel model = config.Model.Family.Create(config.Model);
        TrainingOptions options = config.Training with { MaxIters = Endless, Warmup = Endless, EvalInterval = long.MaxValue, EvalWindows = 1 };
        using Trainer trainer = new(model, options, material.Data with { Validation = null });
        List<double> seconds = [];
        double before = 0;
        trainer.StepEnded += step =>
        {
            seconds.Add(step.Seconds - before);
            before = step.Seconds;
            if (seconds.Count >= WarmUpSteps + MostSteps || (seconds.Count >= WarmUpSteps + FewestSteps && step.Seconds > LongestSeconds))
                trainer.Stop();
        };
        trainer.Run(cancellation);
        if (cancellation.IsCancellationRequested)
            return false;
        double[] measured = [.. seconds.Skip(WarmUpSteps).Order()];
        files.WriteOutcome(new StepTiming(measured[measured.Length / 2], measured.Length, PeakMemory.Bytes, get_num_threads()));
        return true;
    }
}
