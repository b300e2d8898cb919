namespace Kansformers.Training;

/// <summary>How the learning rate moves from its peak to its minimum once the warm-up is over.</summary>
public enum LearningRateDecay
{
    /// <summary>Stays at the peak for ever.</summary>
    Constant,

    /// <summary>A straight line.</summary>
    Linear,

    /// <summary>Half a cosine wave: slow, fast, slow (Loshchilov and Hutter 2017, without restarts).</summary>
    Cosine,
}

/// <summary>
/// The learning rate as a pure function of the step: a linear warm-up to <see cref="Peak"/>, then a decay that reaches
/// <see cref="Minimum"/> at <see cref="TotalSteps"/> and stays there. The arithmetic is that of nanoGPT.
/// </summary>
internal sealed record LearningRateSchedule
{
    /// <summary>The form of the decay.</summary>
    public LearningRateDecay Kind { get; init; } = LearningRateDecay.Constant;

    /// <summary>The rate at the end of the warm-up, the highest of the run.</summary>
    public double Peak { get; init; } = 3e-4;

    /// <summary>The rate at <see cref="TotalSteps"/> and after. <see cref="LearningRateDecay.Constant"/> does not use it.</summary>
    public double Minimum { get; init; }

    /// <summary>How many steps climb to the peak; the first step that has the peak rate is this one. 0 for no warm-up.</summary>
    public long WarmupSteps { get; init; }

    /// <summary>The step at which the decay ends. <see cref="LearningRateDecay.Constant"/> does not use it.</summary>
    public long TotalSteps { get; init; }

    /// <summary>
    /// The plans before that of <see cref="TotalSteps"/>, the first one first. Where one ended, the rate goes on from what it was there, and falls from it to
    /// <see cref="Minimum"/> in the steps that are left.
    /// </summary>
    public IReadOnlyList<EarlierPlan> EarlierPlans { get; init; } = [];

    /// <summary>Checks the options against one another.</summary>
    /// <returns>This schedule.</returns>
    /// <exception cref="KansformersException">An option is out of range; the message names it.</exception>
    public LearningRateSchedule Validate()
    {
        if (!Enum.IsDefined(Kind))
            throw new KansformersException($"learning-rate schedule: {nameof(Kind)} {(int)Kind} is unknown; choose constant, linear or cosine");
        if (!double.IsFinite(Peak) || Peak < 0)
            throw new KansformersException(Invariant($"learning-rate schedule: {nameof(Peak)} must be a finite number of at least 0, not {Peak}"));
        if (!double.IsFinite(Minimum) || Minimum < 0)
            throw new KansformersException(Invariant($"learning-rate schedule: {nameof(Minimum)} must be a finite number of at least 0, not {Minimum}"));
        if (WarmupSteps < 0)
            throw new KansformersException(Invariant($"learning-rate schedule: {nameof(WarmupSteps)} must be at least 0, not {WarmupSteps}"));
        if (Kind == LearningRateDecay.Constant)
            return this;
        if (Minimum > Peak)
            throw new KansformersException(Invariant($"learning-rate schedule: {nameof(Minimum)} {Minimum} is above {nameof(Peak)} {Peak}; lower it"));
        if (TotalSteps < 1)
            throw new KansformersException(Invariant($"learning-rate schedule: {nameof(TotalSteps)} must be at least 1 for a {Kind.ToString().ToLowerInvariant()} schedule, not {TotalSteps}"));
        if (WarmupSteps > TotalSteps)
            throw new KansformersException(Invariant($"learning-rate schedule: {nameof(WarmupSteps)} {WarmupSteps} is above {nameof(TotalSteps)} {TotalSteps}; lower it or train longer"));
        return this;
    }

    /// <summary>The learning rate of one step of a schedule that is valid (see <see cref="Validate"/>).</summary>
    /// <param name="step">The step, counted from 0.</param>
    /// <returns>
    /// Without earlier plans <c>Peak (step + 1) / (WarmupSteps + 1)</c> in the warm-up, <see cref="Peak"/> at step <see cref="WarmupSteps"/>
    /// (unless that is the end), <see cref="Minimum"/> from <see cref="TotalSteps"/> on.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is negative.</exception>
    public double At(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        if (step < WarmupSteps)
            return Peak * (step + 1) / (WarmupSteps + 1);
        if (Kind == LearningRateDecay.Constant)
            return Peak;
        long from = WarmupSteps;
        double highest = Peak, limit = double.PositiveInfinity; // no rounding may lift a later plan above the rate that it goes on from
        foreach (EarlierPlan plan in EarlierPlans)
        {
            if (plan.UntilStep > step)
                return Math.Min(limit, Decayed(step, from, plan.MaxIters, highest));
            if (plan.UntilStep > from)
                (from, highest) = (plan.UntilStep, limit = Math.Min(limit, Decayed(plan.UntilStep, from, plan.MaxIters, highest)));
        }

        return Math.Min(limit, Decayed(step, from, TotalSteps, highest));
    }

    // The way from one rate down to the minimum, between two steps.
    private double Decayed(long step, long from, long to, double highest)
    {
        if (step >= to)
            return Minimum;
        double progress = (double)(step - from) / (to - from);
        double share = Kind == LearningRateDecay.Linear ? 1 - progress : 0.5 * (1 + Math.Cos(Math.PI * progress));
        return Minimum + (share * (highest - Minimum));
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
