using Kansformers.Inspection;

namespace Kansformers.Cli.Networks;

/// <summary>How well a small network does on some rows: root mean square and r2 in the table's units, or for classes loss and accuracy.</summary>
/// <param name="Loss">The loss that is fitted.</param>
internal sealed record NetworkError(double Loss)
{
    public double? Rmse { get; private init; }

    public double? R2 { get; private init; }

    public double? Accuracy { get; private init; }

    public static NetworkError Of(KanNetwork network, Samples inputs, Samples targets)
    {
        FitLoss loss = network.Source?.Loss ?? FitLoss.MeanSquare;
        double value = network.Loss(inputs, targets, loss);
        if (loss == FitLoss.CrossEntropy)
        {
            Samples outputs = network.Forward(inputs);
            return new NetworkError(value) { Accuracy = Enumerable.Range(0, outputs.Rows).Average(row => ClassProbabilities.Best(outputs, row) == (int)targets[row, 0] ? 1.0 : 0.0) };
        }

        double scale = network.TargetScaling.Count > 0 ? network.TargetScaling[0].Scale : 1;
        double[] wanted = targets.Column(0).ToArray();
        double mean = wanted.Average(), variance = wanted.Average(one => (one - mean) * (one - mean));
        return new NetworkError(value) { Rmse = Math.Sqrt(value) * Math.Abs(scale), R2 = variance > 0 ? 1 - value / variance : null };
    }

    public override string ToString() => Accuracy is double accuracy ? FormattableString.Invariant($"loss {Loss:0.0000}, accuracy {accuracy:0.0000}")
        : FormattableString.Invariant($"error (root mean square) {Numbers.Short(Rmse)}, r2 {(R2 is double r2 ? r2.ToString("0.000000", System.Globalization.CultureInfo.InvariantCulture) : "-")}");
}
