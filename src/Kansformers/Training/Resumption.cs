using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>What is looked at before a run goes on: whether it is still the same run, and what is to be said where something changes.</summary>
internal static class Resumption
{
    /// <summary>Before anything long: the checkpoint must be of this configuration, and another plan must be possible.</summary>
    /// <param name="run">The run; its configuration gets the new plan, which is not in the file yet.</param>
    /// <param name="plan">What is to be otherwise.</param>
    /// <param name="notes">Gets what became of the plan.</param>
    /// <exception cref="KansformersException">The message names what differs, or why there cannot be such a plan.</exception>
    public static void Replan(RunFolder run, ResumePlan plan, List<string> notes)
    {
        TrainingProgress done = new();
        if (File.Exists(run.CheckpointFile))
        {
            (done, string? madeWith) = TrainingCheckpoint.Peek(run.CheckpointFile);
            MadeWith.Require(madeWith, done.Step, run);
        }

        TrainingOptions changed = run.Config.Training;
        if (plan.RefineGrid is not null)
            changed = changed with { RefineGrid = [.. changed.RefineGrid.Where(planned => planned.Step < done.Step), .. plan.RefineGrid] };
        bool isOther = plan.MaxIters is long wanted && wanted != changed.MaxIters;
        if (!isOther && plan.RefineGrid is null)
            return;
        if (done.Stopped)
        {
            throw new KansformersException($"'{run.Folder}' stopped early at step {done.Step}, as its patience asked, so that no number of steps makes it go on; "
                + "start a new run (RunConfig.InitialWeights begins from this one's weights)");
        }

        if (plan.RefineGrid?.FirstOrDefault(planned => planned.Step < done.Step) is PlannedRefinement late)
            throw new KansformersException(FormattableString.Invariant($"a refinement is planned at step {late.Step}, but {done.Step} steps are done already; it must be at least that"));
        if (isOther)
            changed = Replan(changed, (done.Step, plan), notes);
        changed.Validate();
        PlannedRefinement.Require(run.Config.Model, changed);
        if (plan.RefineGrid is not null)
            notes.Add($"plan    {(plan.RefineGrid.Count == 0 ? "no refinement" : string.Join(", ", plan.RefineGrid.Select(planned => FormattableString.Invariant($"grid size {planned.GridSize} from step {planned.Step}"))))}");
        run.Change(run.Config with { Training = changed });
    }

    private static TrainingOptions Replan(TrainingOptions options, (long Step, ResumePlan Plan) to, List<string> notes)
    {
        long steps = to.Plan.MaxIters!.Value;
        bool falls(PlannedRefinement planned) => to.Plan.RefineGrid is null && planned.Step >= Math.Max(steps, to.Step + 1);
        TrainingOptions changed = (options with { RefineGrid = [.. options.RefineGrid.Where(planned => !falls(planned))] }).Replan(to.Step, steps);
        notes.Add(FormattableString.Invariant($"plan    {steps} steps instead of {options.MaxIters}: the learning rate {Rate(changed, to.Step)}"));
        notes.AddRange(options.RefineGrid.Where(falls).Select(planned => FormattableString.Invariant($"plan    the refinement to grid size {planned.GridSize} at step {planned.Step} falls away")));
        return changed;
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
