namespace Kansformers.Kan;

/// <summary>What a grid update did.</summary>
/// <param name="Moved">How far the grid went from where it was (0) to where the samples want it (1).</param>
/// <param name="Change">The largest change of an output on the samples, as a share of the largest spline output before.</param>
public sealed record GridUpdateReport(double Moved, double Change);
