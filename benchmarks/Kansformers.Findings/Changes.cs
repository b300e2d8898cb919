using Kansformers.Kan;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Findings;

/// <summary>One choice made otherwise.</summary>
/// <param name="Group">What is chosen.</param>
/// <param name="Name">What is chosen there.</param>
/// <param name="Apply">Makes the choice.</param>
internal sealed record Change(string Group, string Name, Func<Setup, Setup> Apply);

/// <summary>The choices that are changed one at a time, away from the original and back towards it.</summary>
internal static class Changes
{
    private static Change Head(bool kan) => new("head", kan ? "KAN head" : "linear head",
        setup => setup with { Model = setup.Model with { Placement = kan ? setup.Model.Placement | KanPlacement.Head
            : setup.Model.Placement & ~KanPlacement.Head } });

    public static Change Rate(double rate) => new("rate", FormattableString.Invariant($"rate {rate}"), setup =>
        setup.Trained(training => training with { LearningRate = rate }));

    private static Change Spline(string group, string name, Func<BSplineOptions, BSplineOptions> change) =>
        new(group, name, setup => setup.With(change));

    private static Change Range(double reach) => Spline("grid", FormattableString.Invariant($"grid over ±{reach}"), kan =>
        kan with { GridLow = -reach, GridHigh = reach });

    private static Change Size(int size) => Spline("grid", $"grid size {size}", kan => kan with { GridSize = size });

    private static Change Order(int order) => Spline("grid", $"order {order}", kan => kan with { SplineOrder = order });

    private static Change Base(BaseActivation? act) => Spline("base", act is null ? "no base branch"
        : $"base {act.ToString()!.ToLowerInvariant()}", kan => kan with { BaseActivation = act });

    private static readonly Change RangeGoingOn = Spline("grid", "grid over ±3, linear beyond", kan =>
        kan with { GridLow = -3, GridHigh = 3, Outside = OutsideRule.Linear });

    private static Change Start(KanInitialization start) =>
        Spline("start", start == KanInitialization.Original ? "the original's start" : "variance-preserving start", kan =>
        kan with { Initialization = start });

    private static Change Norm(InputNorm norm, string name) => Spline("norm", name, kan => kan with { Norm = norm });

    private static Change Place(KanPlacement place, string name) =>
        new("placement", name, setup => setup with { Model = setup.Model with { Placement = place } });

    private static Change Dropout(double share) => new("training", share > 0 ? "dropout 0.1" : "no dropout", setup =>
        setup with { Model = setup.Model.WithDropout(share) });

    private static Change Updates(Scale scale) => new("grid", "grid updates", setup =>
        setup.Trained(training => training with { UpdateGrid = Math.Max(1, scale.Steps / 5) }));

    private static readonly Change NoDecayOfSplines = new("decay", "no decay of splines",
        setup => setup.Trained(training => training with { Roles = [new RoleRule(ParameterRole.KanFunction, WeightDecay: 0)] }));

    private static readonly Change Decay = new("decay", "decay 0.1 of splines", setup => setup.Trained(training => training with { Roles = [] }));

    private static readonly Change Falling = new("training", "rate climbs, then falls to 0",
        setup => setup.Trained(training => training with { Schedule = LearningRateDecay.Linear, Warmup = training.MaxIters / 10 }));

    private static readonly Change Constant = new("training", "constant rate",
        setup => setup.Trained(training => training with { Schedule = LearningRateDecay.Constant, Warmup = 0 }));

    /// <summary>All that makes good settings of the original's.</summary>
    public static IReadOnlyList<Change> ToGood { get; } = [Rate(0.006), Falling, NoDecayOfSplines, Dropout(0)];

    /// <summary>Away from the original.</summary>
    public static IReadOnlyList<Change> FromOriginal(Scale scale) =>
    [
        Head(false), Rate(1e-3), Rate(3e-3), Rate(0.01), NoDecayOfSplines, Dropout(0), Range(3), Size(12), Order(1), Base(null),
            Base(BaseActivation.Identity),
        Start(KanInitialization.VariancePreserving), Updates(scale), Norm(InputNorm.LayerNorm, "layer norm before splines"),
            Place(KanPlacement.Mlp, "KAN in feed-forward only"),
        Place(KanPlacement.None, "no KAN: linear GPT"),
    ];

    /// <summary>Away from the good settings: back to the original's choices, and to others that are recommended.</summary>
    public static IReadOnlyList<Change> FromGood(Scale scale) =>
    [
        Rate(3e-4), Rate(2e-3), Rate(0.02), Constant, Decay, Dropout(0.1), Head(false), Range(3), RangeGoingOn, Size(12), Order(1), Base(null),
            Base(BaseActivation.Identity),
        Start(KanInitialization.VariancePreserving), Updates(scale), Norm(InputNorm.LayerNorm, "layer norm before splines"),
            Place(KanPlacement.Mlp, "KAN in feed-forward only"),
        Place(KanPlacement.None, "no KAN: linear GPT"),
    ];
}
