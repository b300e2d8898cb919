using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>What is looked at before a run goes on: whether it is still the same run, and what is to be said where something changes.</summary>
internal static class Resumption
{
    /// <summary>Before anything long: the checkpoint must be of this configuration, and another plan must be possible.</summary>
    /// <param name="run">The run; its configuration gets the new plan, which is not in the file yet.</param>
    /// <param name="maxIters">How many steps there are to be; null for as many as planned.</param>
    /// <param name="notes">Gets what became of the plan.</param>
    /// <exception cref="KansformersException">The message names what differs, or why there cannot be so many steps.</exception>
    public static void Replan(RunFolder run, long? maxIters, List<string> notes)
    {
        TrainingProgress done = new();
        if (File.Exists(run.CheckpointFile))
        {
            (done, string? madeWith) = TrainingCheckpoint.Peek(run.CheckpointFile);
            MadeWith.Require(madeWith, done.Step, run);
        }

        TrainingOptions planned = run.Config.Training;
        if (maxIters is not long steps || steps == planned.MaxIters)
            return;
        if (done.Stopped)
        {
            throw new KansformersException($"'{run.Folder}' stopped early at step {done.Step}, as its patience asked, so that no number of steps makes it go on; "
                + "start a new run (RunConfig.InitialWeights begins from this one's weights)");
        }

        TrainingOptions changed = planned.Replan(done.Step, steps);
        run.Change(run.Config with { Training = changed });
        notes.Add(FormattableString.Invariant($"plan    {steps} steps instead of {planned.MaxIters}: the learning rate {Rate(changed, done.Step)}"));
    }

    /// <summary>Notes the number of threads, and says so when it is another one than before.</summary>
    public static void CompareThreads(RunFolder run, List<string> notes)
    {
        int threads = get_num_threads();
        IReadOnlyList<int> before = run.Config.Threads;
        if (before.Count > 0 && before[^1] == threads)
            return;
        if (before.Count > 0)
        {
            notes.Add($"threads {threads}, and {before[^1]} before: sums are rounded otherwise, so the numbers will differ in their last digits "
                + $"from those of one run on {before[^1]}; OMP_NUM_THREADS={before[^1]} keeps them");
        }

        run.Change(run.Config with { Threads = [.. before, threads] });
    }

    private static string Rate(TrainingOptions options, long step)
    {
        double rate = options.LearningRates.At(step);
        string end = $"{Text(options.MinLearningRate)} at step {options.MaxIters}";
        return options.Schedule == LearningRateDecay.Constant ? $"stays {Text(options.LearningRate)}{(step < options.Warmup ? " after its warm-up" : "")}"
            : step <= options.Warmup ? $"falls from {Text(options.LearningRate)} at step {options.Warmup} to {end}"
            : rate > options.MinLearningRate ? $"goes on from {Text(rate)} at step {step} and falls to {end}; it does not rise again"
            : $"has come to its minimum, {Text(options.MinLearningRate)}, and stays there";

        static string Text(double rate) => rate.ToString("0.0###e+0", System.Globalization.CultureInfo.InvariantCulture);
    }
}
