using Kansformers.Inspection;

namespace Kansformers.Formulas;

/// <summary>The formulas of the Feynman set with the range of their values over 1000 samples.</summary>
internal static class ListStudy
{
    public static Study Run() => new("list", "1000 samples of each formula", [.. FeynmanFormulas.WithUnits.Concat(FeynmanFormulas.WithoutUnits).Select(Row)], null);

    private static Dictionary<string, object> Row(FeynmanFormula formula)
    {
        double[] values = formula.Sample(1000, seed: 0).Values;
        return new() { ["name"] = formula.Name, ["variables"] = formula.Variables.Length, ["least"] = values.Min(), ["greatest"] = values.Max(), ["formula"] = Expression.Parse(formula.Text).ToText() };
    }
}
