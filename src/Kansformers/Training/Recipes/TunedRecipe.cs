using Kansformers.Kan;
using Kansformers.Transformers;

namespace Kansformers.Training;

/// <summary>
/// What was found to learn best: Muon for hidden matrices and AdamW for the rest, each at a rate of its own that falls to zero in a straight line; each place of
/// the text once in an epoch; KAN layers with a function for each edge get inputs that fit their grid, and start as was measured to be better for their kind.
/// </summary>
internal sealed record TunedRecipe() : Recipe("tuned", "what was found to learn best: Muon and AdamW, falling to zero, shuffled text")
{
    private const long WarmupSteps = 50;

    // Of these kinds, edges whose outputs have the inputs' variance learn better than their programs' own starts; those of B-splines and of switches do not.
    private static readonly string[] KeepVariance = ["rbf", "chebyshev", "legendre"];

    /// <inheritdoc/>
    public override RunSize Size { get; } = new("kansformer-nano", BlockSize: 64, BatchSize: 16, Steps: 1600);

    /// <inheritdoc/>
    public override double Dropout => 0;

    /// <inheritdoc/>
    public override KanOptions Layers(KanOptions kind)
    {
        // Shared functions start well as their own files say.
        if (!kind.Sharing.IsEdge)
            return kind;
        return kind switch
        {
            BSplineOptions splines => splines with { GridSize = 3, GridLow = -3, GridHigh = 3, Norm = InputNorm.LayerNorm },
            _ when KeepVariance.Contains(kind.Kind) => kind with { Initialization = KanInitialization.VariancePreserving },
            _ => kind,
        };
    }

    /// <inheritdoc/>
    public override TrainingOptions Training(ModelOptions model, ObjectiveOptions objective, long steps) => new()
    {
        MaxIters = steps,
        BatchSize = Size.BatchSize,
        LearningRate = 3e-3,
        MinLearningRate = 0,
        Warmup = Math.Min(WarmupSteps, steps / 10),
        Schedule = LearningRateDecay.Linear,
        Objective = Shuffled(objective),
        Optimizer = new MuonOptions { NeuronBeta = 0.95 },
        Roles = [new RoleRule(ParameterRole.Convolution, RateFactor: 3)],
        GradClip = 0,
    };

    // Whatever is learned from text is learned from each place of it once in an epoch.
    private static ObjectiveOptions Shuffled(ObjectiveOptions objective) => objective is TextObjectiveOptions text ? text with { Order = BatchOrder.Shuffled } : objective;
}
