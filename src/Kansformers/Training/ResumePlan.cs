namespace Kansformers.Training;

/// <summary>What is to be otherwise from now on in a run that goes on; what was done stays as it was.</summary>
public sealed record ResumePlan
{
    /// <summary>
    /// How many steps there are to be in all, when not as many as planned. The learning rate goes on from where it is, and falls to its minimum at the new end; after the warm-up it
    /// never rises.
    /// </summary>
    public long? MaxIters { get; init; }

    /// <summary>The refinements that are still to come, in place of those that were planned (<see cref="TrainingOptions.RefineGrid"/>); null for those.</summary>
    public IReadOnlyList<PlannedRefinement>? RefineGrid { get; init; }
}
