namespace Kansformers.Inspection;

/// <summary>How far outputs are from targets.</summary>
public enum FitLoss
{
    /// <summary>The mean over samples and outputs of (output - target)².</summary>
    MeanSquare,

    /// <summary>The mean over samples of -log softmax(outputs)[class]; targets are one column of class numbers, from 0.</summary>
    CrossEntropy,
}

/// <summary>Losses and their gradients.</summary>
internal static class FitLosses
{
    /// <summary>The loss; fills the gradient of the outputs where one is wanted.</summary>
    /// <param name="loss">Which.</param>
    /// <param name="outputs">Column after column.</param>
    /// <param name="targets">As many rows.</param>
    /// <param name="gradient">As long as the outputs, or empty.</param>
    public static double Compute(FitLoss loss, ReadOnlySpan<double> outputs, Samples targets, Span<double> gradient) =>
        loss == FitLoss.MeanSquare ? MeanSquare(outputs, targets.Values, gradient) : CrossEntropy(outputs, targets, gradient);

    /// <exception cref="ArgumentException">The targets are none for so many outputs and rows.</exception>
    public static void Check(FitLoss loss, int outputs, int rows, Samples targets)
    {
        ArgumentNullException.ThrowIfNull(targets);
        if (targets.Rows != rows)
            throw new ArgumentException($"there are {targets.Rows} rows of targets for {rows} samples", nameof(targets));
        if (loss == FitLoss.MeanSquare)
        {
            if (targets.Columns != outputs)
                throw new ArgumentException($"the targets have {targets.Columns} columns, the network {outputs} outputs", nameof(targets));
            return;
        }

        if (targets.Columns != 1)
            throw new ArgumentException($"the targets have {targets.Columns} columns; cross entropy takes one of class numbers", nameof(targets));
        foreach (double target in targets.Column(0))
        {
            if (!(target >= 0 && target < outputs && target == Math.Floor(target)))
                throw new ArgumentException(FormattableString.Invariant($"a target is {target}; with {outputs} outputs classes are 0 to {outputs - 1}"), nameof(targets));
        }
    }

    private static double MeanSquare(ReadOnlySpan<double> outputs, ReadOnlySpan<double> targets, Span<double> gradient)
    {
        double sum = 0, factor = 2.0 / outputs.Length;
        for (int at = 0; at < outputs.Length; at++)
        {
            double off = outputs[at] - targets[at];
            sum += off * off;
            if (!gradient.IsEmpty)
                gradient[at] = factor * off;
        }

        return sum / outputs.Length;
    }

    private static double CrossEntropy(ReadOnlySpan<double> outputs, Samples targets, Span<double> gradient)
    {
        int rows = targets.Rows, classes = outputs.Length / rows;
        double sum = 0;
        for (int row = 0; row < rows; row++)
        {
            double largest = double.NegativeInfinity, exponentials = 0;
            for (int at = 0; at < classes; at++)
                largest = Math.Max(largest, outputs[at * rows + row]);
            for (int at = 0; at < classes; at++)
                exponentials += Math.Exp(outputs[at * rows + row] - largest);
            int wanted = (int)targets[row, 0];
            sum += largest + Math.Log(exponentials) - outputs[wanted * rows + row];
            for (int at = 0; at < classes && !gradient.IsEmpty; at++)
                gradient[at * rows + row] = (Math.Exp(outputs[at * rows + row] - largest) / exponentials - (at == wanted ? 1 : 0)) / rows;
        }

        return sum / rows;
    }
}
