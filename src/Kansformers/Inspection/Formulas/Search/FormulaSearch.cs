using Kansformers.Numerics;
using Kansformers.Runtime;

namespace Kansformers.Inspection;

/// <summary>
/// From samples straight to a formula: symmetries of the samples say which inputs act as one, then networks of one sort are fitted, from small to large. Nodes multiply an edge
/// from each input, their sum goes through a last edge of a known function; curves first, then functions for them, then all numbers together. One setting for every table.
/// It is for values that a formula gives, up to some 1e-4 of their deviation; for those that were measured with more noise fit a <see cref="KanNetwork"/>.
/// </summary>
public static class FormulaSearch
{
    internal const int LeastRows = 20;

    /// <summary>Searches.</summary>
    /// <param name="data">The samples, and one column of targets; what is held out is not looked at.</param>
    /// <param name="options">How; null takes the defaults.</param>
    /// <param name="progress">Told of every network that is fitted.</param>
    /// <param name="cancellation">Ends it early; the result then has the best formula so far.</param>
    /// <returns>The first formula that is off by rounding alone, else the best one; what it is worth is what <see cref="Formula.ErrorOn"/> finds on rows held out.</returns>
    /// <exception cref="ArgumentException">There is not one column of targets, not as many as samples, or something that is no number.</exception>
    /// <exception cref="KansformersException">An option is invalid, or there are fewer than 20 samples.</exception>
    public static FormulaSearchResult Run(FitData data, FormulaSearchOptions? options = null, IProgress<FormulaSearchStep>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        options ??= new FormulaSearchOptions();
        options.Validate();
        (Samples inputs, Samples targets) = (data.Inputs, data.Targets);
        string[] names = [.. options.Variables ?? [.. Enumerable.Range(1, inputs.Columns).Select(number => $"x{number}")]];
        if (targets.Columns != 1 || targets.Rows != inputs.Rows || names.Length != inputs.Columns)
            throw new ArgumentException($"there are {targets.Rows} targets in {targets.Columns} columns and {names.Length} names for {inputs}; a search takes one target a sample and one name a column", nameof(data));
        if (!DoubleVectors.AllFinite(inputs.Values) || !DoubleVectors.AllFinite(targets.Values))
            throw new ArgumentException("something is no number; leave out what is missing before a search", nameof(data));
        if (inputs.Rows < LeastRows)
            throw new KansformersException($"a formula is searched for in {LeastRows} samples or more; there are {inputs.Rows}");
        int[] rows = Spread(inputs.Rows, Math.Min(inputs.Rows, options.MostRows));
        (inputs, targets) = (inputs.Take(rows), targets.Take(rows));
        using SearchRun run = new(inputs.ToColumns(), targets.Column(0).ToArray(), names, (TimeSpan.FromSeconds(options.Seconds), progress, cancellation));
        return run.Run();
    }

    // In an order of their own, as tables are often sorted and the last ones judge.
    private static int[] Spread(int rows, int count)
    {
        KeyedDraws draws = new(KeyedDraws.Key(0, rows));
        double[] places = new double[rows];
        foreach (ref double place in places.AsSpan())
            place = draws.Next();
        return [.. Enumerable.Range(0, rows).OrderBy(row => places[row]).Take(count)];
    }
}
