namespace Kansformers.Kan;

/// <summary>What a grid update did.</summary>
/// <param name="Moved">How far the grid went from where it was (0) to where the samples want it (1).</param>
/// <param name="Change">The largest absolute change of an output on the samples.</param>
/// <param name="ChangeAnywhere">
/// The largest absolute change of an output for any inputs, on the old grid's range and the new one's, samples there or not.
/// Over repeated updates the function changes by no more than the sum.
/// </param>
public sealed record GridUpdateReport(double Moved, double Change, double ChangeAnywhere);
