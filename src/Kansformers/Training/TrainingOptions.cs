using System.Text.Json.Serialization;
using Kansformers.Runtime;

namespace Kansformers.Training;

/// <summary>How to train. The defaults are the original's where it had one.</summary>
public sealed record TrainingOptions
{
    /// <summary>How many optimizer steps to take.</summary>
    public long MaxIters { get; init; } = 1000;

    /// <summary>The plans before <see cref="MaxIters"/>, the first one first: where a run that goes on was given another number of steps.</summary>
    [JsonInclude]
    internal IReadOnlyList<EarlierPlan> EarlierPlans { get; init; } = [];

    /// <summary>How many sequences go through the model at once.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>How many such batches add up to one optimizer step.</summary>
    public int GradAccum { get; init; } = 1;

    /// <summary>The highest learning rate.</summary>
    public double LearningRate { get; init; } = 3e-4;

    /// <summary>The learning rate at the end of a decay.</summary>
    public double MinLearningRate { get; init; }

    /// <summary>How many steps the learning rate climbs at first.</summary>
    public long Warmup { get; init; }

    /// <summary>How the learning rate falls after that.</summary>
    public LearningRateDecay Schedule { get; init; } = LearningRateDecay.Constant;

    /// <summary>What is learned from the text: batches and their loss.</summary>
    public ObjectiveOptions Objective { get; init; } = Objectives.All[0];

    /// <summary>How gradients change the weights.</summary>
    public OptimizerOptions Optimizer { get; init; } = Optimizers.All[0];

    /// <summary>Which parameters learn otherwise than the others, at most one rule for a role.</summary>
    public IReadOnlyList<RoleRule> Roles { get; init; } = [];

    /// <summary>The largest norm of all gradients together; 0 for no clipping.</summary>
    public double GradClip { get; init; } = 1;

    /// <summary>The steps from a grid update of all KAN layers to the next (<see cref="Kan.KanLinear.UpdateGrid"/>); 0 for none.</summary>
    public long UpdateGrid { get; init; }

    /// <summary>When the grids of all KAN layers become finer, in order; the functions stay, and what the optimizer remembers goes along.</summary>
    public IReadOnlyList<PlannedRefinement> RefineGrid { get; init; } = [];

    /// <summary>The factor of efficient-kan's sparsity penalty in the loss (<see cref="Kan.KanLinear.RegularizationLoss"/>); 0 for none. Reported losses are without it.</summary>
    public double KanPenalty { get; init; }

    /// <summary>How the products of linear and KAN layers are computed on the CPU.</summary>
    public Precision Precision { get; init; }

    /// <summary>How many steps lie between validations; a checkpoint follows each.</summary>
    public long EvalInterval { get; init; } = 100;

    /// <summary>
    /// How many steps lie between snapshots of the weights that the run folder keeps (<see cref="RunFolder.Snapshots"/>), the first one before the first step; 0 for none. They show how
    /// functions changed, and change nothing themselves.
    /// </summary>
    public long SnapshotInterval { get; init; }

    /// <summary>How many fixed windows of the held-out text each validation reads; 0 for all of it, in windows of a block side by side.</summary>
    public int EvalWindows { get; init; } = 64;

    /// <summary>How many validations without an improvement end the training; 0 for never.</summary>
    public int Patience { get; init; }

    /// <summary>Decides the initial weights, the batches and the dropout.</summary>
    public long Seed { get; init; } = 1337;

    /// <summary>The schedule that these options describe.</summary>
    internal LearningRateSchedule LearningRates => new()
    {
        Kind = Schedule,
        Peak = LearningRate,
        Minimum = MinLearningRate,
        WarmupSteps = Warmup,
        TotalSteps = MaxIters,
        EarlierPlans = EarlierPlans,
    };

    /// <summary>The options of a run that goes on with another number of steps: what was done stays as it was, and the rate never rises after the warm-up.</summary>
    /// <param name="step">The steps that are done.</param>
    /// <param name="maxIters">How many there are to be in all.</param>
    /// <exception cref="KansformersException">So many are done already, the warm-up does not fit, or no step would learn anything.</exception>
    internal TrainingOptions Replan(long step, long maxIters)
    {
        if (maxIters <= step)
            throw new KansformersException(FormattableString.Invariant($"max iters is {maxIters}, but {step} steps are done already; it must be more than that"));
        TrainingOptions changed = this with { MaxIters = maxIters, EarlierPlans = step == 0 ? EarlierPlans : [.. EarlierPlans, new EarlierPlan(step, MaxIters)] };
        changed.Validate();
        return changed.LearningRates.At(step) > 0 ? changed
            : throw new KansformersException(FormattableString.Invariant($"the learning rate has come to 0 at step {step}, and would not rise again, so that {maxIters} steps ")
                + "would learn nothing more; start a new run (RunConfig.InitialWeights begins from this one's weights)");
    }

    /// <summary>The options of a new run with another number of steps; a warm-up that would be longer ends there, and refinements from there on are not in the plan.</summary>
    /// <param name="steps">How many steps, at least 1.</param>
    internal TrainingOptions WithSteps(long steps) => this with { MaxIters = steps, Warmup = Math.Min(Warmup, steps), RefineGrid = [.. RefineGrid.Where(planned => planned.Step < steps)] };

    /// <summary>Checks every option.</summary>
    /// <exception cref="KansformersException">The message names the option, its value and what is allowed.</exception>
    public void Validate()
    {
        Allowed.Require(MaxIters >= 1, "max iters", MaxIters, "at least 1");
        foreach (EarlierPlan? plan in EarlierPlans)
            Allowed.Require(plan is { UntilStep: >= 0, MaxIters: >= 1 } && plan.UntilStep < MaxIters, "an earlier plan's until step", plan?.UntilStep ?? double.NaN, "0 to below max iters");
        Allowed.Require(BatchSize >= 1, "batch size", BatchSize, "at least 1");
        Allowed.Require(GradAccum >= 1, "grad accum", GradAccum, "at least 1");
        Allowed.Require(LearningRate > 0 && double.IsFinite(LearningRate), "learning rate", LearningRate, "a finite number above 0");
        Allowed.Require(MinLearningRate >= 0 && MinLearningRate <= LearningRate, "min lr", MinLearningRate, "0 to the learning rate");
        Allowed.Require(Warmup >= 0 && Warmup <= MaxIters, "warmup", Warmup, "0 to max iters");
        Allowed.Require(UpdateGrid >= 0, "update grid", UpdateGrid, "at least 0");
        Allowed.Require(KanPenalty >= 0 && double.IsFinite(KanPenalty), "kan penalty", KanPenalty, "a finite number, at least 0");
        Allowed.Require(GradClip >= 0 && double.IsFinite(GradClip), "grad clip", GradClip, "a finite number, at least 0");
        Allowed.Require(EvalInterval >= 1, "eval interval", EvalInterval, "at least 1");
        Allowed.Require(SnapshotInterval >= 0, "snapshot interval", SnapshotInterval, "at least 0");
        Allowed.Require(EvalWindows >= 0, "eval windows", EvalWindows, "at least 1, or 0 for all of the text");
        Allowed.Require(Patience >= 0, "patience", Patience, "at least 0");
        Allowed.Require("precision", Precision);
        PlannedRefinement.Validate(RefineGrid, MaxIters);
        RoleRule.Validate(Roles);
        Objective.Validate();
        Optimizer.Validate();
        LearningRates.Validate();
    }
}
