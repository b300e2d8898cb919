namespace Kansformers.Findings;

/// <summary>What a training came to.</summary>
/// <param name="Setup">The name of what was trained.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Parameters">Learned numbers.</param>
/// <param name="Loss">The loss on held-out text at the end, in nats per token; null where the training became NaN.</param>
/// <param name="TrainLoss">The last training batch's.</param>
/// <param name="Curve">Losses on a few windows of held-out text meanwhile.</param>
/// <param name="Diverged">Why there is no loss.</param>
/// <param name="Seconds">The time of its steps.</param>
internal sealed record Trial(string Setup, long Seed, long Parameters, double? Loss, double? TrainLoss, IReadOnlyList<Look> Curve,
    string? Diverged, double Seconds);

/// <summary>A number at a step.</summary>
internal sealed record Look(long Step, double Value);
