namespace Kansformers.Kan;

/// <summary>What a grid update did.</summary>
/// <param name="Moved">How far the grid went from where it was (0) to where the samples want it (1).</param>
/// <param name="Change">
/// The largest absolute change of an output on the samples, from what the layer computed before this update; where nothing was learned since an earlier update,
/// from what it computed before the first of them.
/// </param>
/// <param name="ChangeAnywhere">
/// The largest absolute change of an output for any inputs, on the old grid's range and the new one's, samples there or not.
/// Over repeated updates the function changes by no more than the sum; with nothing learned in between, by no more than the last tells.
/// </param>
public sealed record GridUpdateReport(double Moved, double Change, double ChangeAnywhere);
