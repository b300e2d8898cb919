namespace Kansformers.Training;

/// <summary>A number of steps that was planned until a run went on with another one.</summary>
/// <param name="UntilStep">The steps that were done when the plan changed.</param>
/// <param name="MaxIters">How many there were to be by this plan.</param>
internal sealed record EarlierPlan(long UntilStep, long MaxIters);
