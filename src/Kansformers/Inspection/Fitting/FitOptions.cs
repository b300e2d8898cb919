using Kansformers.Runtime;

namespace Kansformers.Inspection;

/// <summary>What makes a network's loss small.</summary>
public enum FitOptimizer
{
    /// <summary>L-BFGS with a strong Wolfe line search; a step is up to 20 iterations.</summary>
    Lbfgs,

    /// <summary>Adam (Kingma and Ba, 2015) with its usual constants; a step is one.</summary>
    Adam,
}

/// <summary>How a <see cref="KanNetwork"/> is fitted. The defaults are pykan's.</summary>
public sealed record FitOptions
{
    /// <summary>The number of steps.</summary>
    public int Steps { get; init; } = 100;

    /// <summary>The optimizer.</summary>
    public FitOptimizer Optimizer { get; init; }

    /// <summary>The learning rate; null is 1 for L-BFGS, the length that its line search tries first, and 0.01 for Adam.</summary>
    public double? LearningRate { get; init; }

    /// <summary>What is made small.</summary>
    public FitLoss Loss { get; init; }

    /// <summary>How many samples a step takes, another choice each time; null takes all.</summary>
    public int? BatchSize { get; init; }

    /// <summary>The penalty's weight; at 0 no penalty is computed.</summary>
    public double PenaltyWeight { get; init; }

    /// <summary>What the penalty is.</summary>
    public PenaltyOptions Penalty { get; init; } = new();

    /// <summary>How many times grids move to the samples until <see cref="GridUpdatesEnd"/>; 0 for never.</summary>
    public int GridUpdates { get; init; } = 10;

    /// <summary>Grids stay before this step, counted from 0.</summary>
    public int GridUpdatesBegin { get; init; }

    /// <summary>Grids stay from this step on.</summary>
    public int GridUpdatesEnd { get; init; } = 50;

    /// <summary>How many steps without a better loss end the fit: the loss of the held-out samples where there are any. The network is then as it was at its best. Null for never.</summary>
    public int? Patience { get; init; }

    /// <summary>What the choice of batches follows from.</summary>
    public long Seed { get; init; }

    /// <summary>Checks every option.</summary>
    /// <exception cref="KansformersException">One is invalid; the message names it.</exception>
    public void Validate()
    {
        Allowed.Require(Steps >= 0, "steps", Steps, "0 or more");
        Allowed.Require("optimizer", Optimizer);
        Allowed.Require(LearningRate is null or (> 0 and < double.PositiveInfinity), "learning rate", LearningRate ?? 0, "above 0");
        Allowed.Require("loss", Loss);
        Allowed.Require(BatchSize is null or >= 1, "batch size", BatchSize ?? 0, "1 or more");
        Allowed.Require(PenaltyWeight is >= 0 and < double.PositiveInfinity, "penalty weight", PenaltyWeight, "0 or more");
        Allowed.Require(GridUpdates >= 0, "grid updates", GridUpdates, "0 or more");
        Allowed.Require(Patience is null or >= 1, "patience", Patience ?? 0, "1 or more");
        Penalty.Validate();
    }

    /// <summary>Whether grids move before a step.</summary>
    internal bool MovesGrids(int step) =>
        GridUpdates > 0 && step >= GridUpdatesBegin && step < GridUpdatesEnd && step % Math.Max(1, GridUpdatesEnd / GridUpdates) == 0;
}
