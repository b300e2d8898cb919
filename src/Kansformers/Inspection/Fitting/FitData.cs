namespace Kansformers.Inspection;

/// <summary>What a network is fitted to.</summary>
/// <param name="Inputs">The samples.</param>
/// <param name="Targets">What the outputs should be: as many columns as the network has outputs, or one of class numbers (<see cref="FitLoss"/>).</param>
public sealed record FitData(Samples Inputs, Samples Targets)
{
    /// <summary>Samples held out, on which the loss is measured after every step; null for none.</summary>
    public Samples? HeldOutInputs { get; init; }

    /// <summary>Their targets.</summary>
    public Samples? HeldOutTargets { get; init; }

    /// <exception cref="ArgumentException">Something does not fit the network or itself, or is no number.</exception>
    internal void Check(KanNetwork network, FitLoss loss)
    {
        network.Check(Inputs);
        if (Inputs.Rows == 0)
            throw new ArgumentException("there are no samples to fit", nameof(network));
        FitLosses.Check(loss, network.Outputs, Inputs.Rows, Targets);
        Finite(Inputs, "sample");
        Finite(Targets, "target");
        if ((HeldOutInputs is null) != (HeldOutTargets is null))
            throw new ArgumentException("held-out samples need targets, and targets samples", nameof(network));
        if (HeldOutInputs is null)
            return;
        network.Check(HeldOutInputs);
        FitLosses.Check(loss, network.Outputs, HeldOutInputs.Rows, HeldOutTargets!);
    }

    private static void Finite(Samples samples, string what)
    {
        for (int column = 0; column < samples.Columns; column++)
        {
            ReadOnlySpan<double> values = samples.Column(column);
            for (int row = 0; row < values.Length; row++)
            {
                if (!double.IsFinite(values[row]))
                    throw new ArgumentException($"{what} {row} is no number in column {column}; leave out what is missing before a fit", nameof(samples));
            }
        }
    }
}
