using System.Text.Json;
using Kansformers.Inspection;

namespace Kansformers.Formulas;

/// <summary>The formulas of the Feynman set, found again from 1000 samples each, all with one setting. What was found is kept in a file, where one is named.</summary>
internal static class FeynmanStudy
{
    private const int Rows = 1000;
    private const double Exact = 1e-9;

    public static Study Run(FormulasOptions options, TextWriter progress) => Run("feynman", FeynmanFormulas.WithUnits.Concat(FeynmanFormulas.WithoutUnits), options, progress);

    /// <summary>The same for formulas that had no part in settling the search.</summary>
    public static Study RunHeldOut(FormulasOptions options, TextWriter progress) => Run("held-out", HeldOutFormulas.All, options, progress);

    private static Study Run(string name, IEnumerable<FeynmanFormula> formulas, FormulasOptions options, TextWriter progress)
    {
        List<Dictionary<string, object>> rows = [];
        Dictionary<string, Kept> kept = options.Out is not null && File.Exists(options.Out)
            ? File.ReadLines(options.Out).Select(line => JsonSerializer.Deserialize<Kept>(line)!).GroupBy(one => one.Name).ToDictionary(group => group.Key, group => group.Last()) : [];
        foreach (FeynmanFormula formula in formulas.Where(formula => options.Only is null || formula.Name.Contains(options.Only, StringComparison.Ordinal)))
        {
            if (!kept.TryGetValue(formula.Name, out Kept? found))
            {
                found = Search(formula, TimeSpan.FromSeconds(options.Seconds));
                if (options.Out is not null)
                    File.AppendAllText(options.Out, JsonSerializer.Serialize(found) + "\n");
                progress.WriteLine(FormattableString.Invariant($"{formula.Name}: {(found.Error <= Exact ? "exact" : "not found")}, {found.Seconds:0.0} s, {found.How} {found.Text}"));
            }

            rows.Add(new() { ["name"] = formula.Name, ["exact"] = found.Error <= Exact, ["error"] = found.Error, ["seconds"] = found.Seconds, ["network"] = found.How, ["formula"] = found.Text });
        }

        int dimensionless = rows.Count(row => (bool)row["exact"] && ((string)row["name"]).EndsWith("dimensionless", StringComparison.Ordinal)), exact = rows.Count(row => (bool)row["exact"]);
        string parts = name == "feynman" ? FormattableString.Invariant($" ({exact - dimensionless} with units, {dimensionless} without)") : "";
        return new Study(name, FormattableString.Invariant($"{Rows} samples each, at most {options.Seconds} s; exact is a largest relative error of {Exact} on 1000 other samples: {exact} of {rows.Count}{parts}, {rows.Sum(row => (double)row["seconds"]):0} s in all"), rows, null);
    }

    private static Kept Search(FeynmanFormula formula, TimeSpan limit)
    {
        (double[][] columns, double[] values) = formula.Sample(Rows, seed: 0);
        (double[][] testColumns, double[] testValues) = formula.Sample(1000, seed: 1);
        FormulaSearchOptions options = new() { Variables = [.. formula.Variables.Select(variable => variable.Name)], Seconds = limit.TotalSeconds };
        FormulaSearchResult found = FormulaSearch.Run(new FitData(Samples.OfColumns(columns), Samples.OfColumns(values)), options);
        return found.Best is null ? new Kept(formula.Name, 1, found.Seconds, "", "") : new Kept(formula.Name, Largest(found.Best.Evaluate(testColumns), testValues), found.Seconds, found.How, found.Best.ToString());
    }

    // The largest error, as a share of the value, or of a thousandth of the values' own size where one is next to 0.
    private static double Largest(double[] found, double[] values)
    {
        double size = Math.Sqrt(values.Average(value => value * value));
        double largest = found.Zip(values, (a, b) => Math.Abs(a - b) / Math.Max(Math.Abs(b), 1e-3 * size)).Max();
        return double.IsFinite(largest) ? largest : 1;
    }

    /// <summary>A line of the file.</summary>
    private sealed record Kept(string Name, double Error, double Seconds, string How, string Text);
}
