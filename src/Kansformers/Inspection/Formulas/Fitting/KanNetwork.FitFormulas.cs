namespace Kansformers.Inspection;

public sealed partial class KanNetwork
{
    // Beyond rounding: how far snapping may move a formula whose error is nothing, as a share of the values' deviation.
    private const double SnapRounding = 1e-12;

    /// <summary>
    /// Turns this network into formulas. Every curve that counts gets a function, suggested by its samples and chosen by how well the whole network fits with it; an edge that
    /// has a formula keeps its function. Then the numbers of all edges are fitted together (Levenberg and Marquardt), down to rounding where the functions are the right ones.
    /// </summary>
    /// <param name="data">What the formulas are fitted to; what is held out is not looked at.</param>
    /// <param name="options">How; null takes the defaults.</param>
    /// <param name="variables">Names as <see cref="ToFormulas"/> takes them.</param>
    /// <param name="cancellation">Ends it early; the network then has the functions that were chosen so far.</param>
    /// <returns>The formulas, one for each output, in the table's own units; their error is what <see cref="Formula.ErrorOn"/> finds.</returns>
    /// <exception cref="ArgumentException">Samples or targets do not fit the network, or hold something that is no number.</exception>
    /// <exception cref="KansformersException">An option is invalid, or no function can stand on an edge; the message names it.</exception>
    public IReadOnlyList<Formula> FitFormulas(FitData data, FormulaFitOptions? options = null, IReadOnlyList<string>? variables = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        options ??= new FormulaFitOptions();
        options.Validate();
        data.Check(this, FitLoss.MeanSquare);
        new FormulaChoice(this, data.Inputs, data.Targets, options).Run(cancellation);
        FormulaNumbers.Fit(this, data.Inputs, data.Targets, options.Steps, cancellation);
        IReadOnlyList<Formula> formulas = ToFormulas(variables);
        if (!options.Snaps)
            return formulas;
        Samples inputs = ColumnScaling.Apply(InputScaling, data.Inputs, undo: true), targets = ColumnScaling.Apply(TargetScaling, data.Targets, undo: true);
        double[][] columns = inputs.ToColumns();
        return [.. formulas.Select((formula, output) => Snapped(formula, columns, targets.Column(output).ToArray()))];
    }

    // The most generous tolerance after which the targets are no further off than before, but for rounding.
    private static Formula Snapped(Formula formula, double[][] columns, double[] targets)
    {
        FormulaError before = formula.ErrorOn(columns, targets);
        double deviation = Math.Sqrt(targets.Select(target => target - targets.Average()).Sum(off => off * off) / targets.Length), share = deviation > 0 ? before.Rmse / deviation : 0;
        if (!double.IsFinite(share))
            return formula;
        foreach (double tolerance in (ReadOnlySpan<double>)[Math.Max(SnapRounding, share), Math.Max(SnapRounding, share / 10)])
        {
            Formula snapped = formula.Snap(columns, tolerance);
            if (snapped.ErrorOn(columns, targets).Rmse <= before.Rmse * 1.001 + SnapRounding * deviation)
                return snapped;
        }

        return formula;
    }
}
