using System.Globalization;
using Kansformers.Formulas;
using Kansformers.Inspection;

// Lists the formulas with the range of their values over 1000 samples.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
foreach (FeynmanFormula formula in FeynmanFormulas.WithUnits.Concat(FeynmanFormulas.WithoutUnits))
{
    double[] values = formula.Sample(1000, seed: 0).Values;
    Console.WriteLine($"{formula.Name,-24} {formula.Variables.Length} variables, {values.Min(),10:G3} to {values.Max(),8:G3}: {Expression.Parse(formula.Text)}");
}
