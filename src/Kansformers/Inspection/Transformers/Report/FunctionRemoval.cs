namespace Kansformers.Inspection;

/// <summary>What the loss becomes without a function.</summary>
/// <param name="Loss">The loss with the function at 0.</param>
/// <param name="Rise">By how much that is more than with it, on the same predictions.</param>
/// <param name="Error">The standard error of that rise, from how it differs between batches; NaN where there is one batch.</param>
public sealed record FunctionRemoval(double Loss, double Rise, double Error);
