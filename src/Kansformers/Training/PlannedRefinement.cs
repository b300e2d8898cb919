using Kansformers.Kan;
using Kansformers.Runtime;
using Kansformers.Transformers;

namespace Kansformers.Training;

/// <summary>A refinement in the middle of a training: from that step on the grids of all KAN layers have that size, under the same curves (<see cref="KanLinear.Refine"/>).</summary>
/// <param name="Step">The steps that are done before, at least 1.</param>
/// <param name="GridSize">The new <see cref="GridOptions.GridSize"/>; a multiple of the present one keeps the functions exactly, to rounding.</param>
public sealed record PlannedRefinement(long Step, int GridSize)
{
    /// <summary>Whether the optimizer begins anew there, for comparison, instead of taking along what it remembers.</summary>
    public bool IsFresh { get; init; }

    /// <summary>Refuses plans that cannot be, whatever the model.</summary>
    /// <exception cref="KansformersException">The message names the value and what is allowed.</exception>
    internal static void Validate(IReadOnlyList<PlannedRefinement> plan, long maxIters)
    {
        for (int i = 0; i < plan.Count; i++)
        {
            PlannedRefinement one = plan[i] ?? throw new KansformersException("a refinement of the plan is empty; give its step and grid size");
            Allowed.Require(one.Step >= 1 && one.Step < maxIters, "the step of a refinement", one.Step, FormattableString.Invariant($"1 to below max iters, {maxIters}"));
            if (i == 0)
                continue;
            Allowed.Require(one.Step > plan[i - 1].Step, "the step of a refinement", one.Step, $"above the one before, {plan[i - 1].Step}");
            Allowed.Require(one.GridSize > plan[i - 1].GridSize, "the grid size of a refinement", one.GridSize, $"above the one before, {plan[i - 1].GridSize}");
        }
    }

    /// <summary>Refuses refinements of a model that has no grids, or no coarser ones.</summary>
    /// <param name="model">The architecture as the training begins.</param>
    /// <param name="training">How it is trained.</param>
    /// <param name="done">How many of the plan are done.</param>
    /// <exception cref="KansformersException">The message says what there is not.</exception>
    internal static void Require(ModelOptions model, TrainingOptions training, int done = 0)
    {
        if (training.RefineGrid.Count == 0)
            return;
        string what = FormattableString.Invariant($"a refinement to grid size {training.RefineGrid[0].GridSize} is planned at step {training.RefineGrid[0].Step}, but ");
        if (model.Placement == KanPlacement.None)
            throw new KansformersException($"{what}this model has no KAN layer");
        if (model.Kan is not GridOptions grid)
            throw new KansformersException($"{what}KAN layers of the kind {model.Kan.Kind} have no grid");
        if (done == 0 && training.RefineGrid[0].GridSize <= grid.GridSize)
            throw new KansformersException(FormattableString.Invariant($"{what}the training begins with {grid.GridSize}; it must be above that"));
        if (training.UpdateGrid > 0 && grid.ObstacleOfMoved is string obstacle)
            throw new KansformersException($"{what}{obstacle}");
        foreach (PlannedRefinement planned in training.RefineGrid)
            (grid with { GridSize = planned.GridSize }).Validate();
    }

    /// <summary>How many steps an optimizer has taken where so many are done.</summary>
    internal static long StepsOfOptimizer(IReadOnlyList<PlannedRefinement> plan, long step) => step - (plan.LastOrDefault(one => one.IsFresh && one.Step < step)?.Step ?? 0);

    /// <summary>The refinement that precedes a step; null for none.</summary>
    internal static PlannedRefinement? At(IReadOnlyList<PlannedRefinement> plan, long step) => plan.FirstOrDefault(one => one.Step == step);
}

/// <summary>What refining the grids of a model in training did.</summary>
/// <param name="Step">The steps that were done before.</param>
/// <param name="GridSize">The size of the grids now.</param>
/// <param name="Layers">How many layers have finer grids.</param>
/// <param name="Change">The largest change of a layer's output for any inputs.</param>
/// <param name="Parameters">How many learned values the model has now.</param>
public sealed record GridRefinementSummary(long Step, int GridSize, int Layers, double Change, long Parameters);
