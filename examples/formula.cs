#:project ../src/Kansformers/Kansformers.csproj
// Curves become a formula: which function stands on an edge, what a network of such edges computes, and the formula as text, LaTeX, C# and Python.
using Kansformers.Inspection;

// An edge's curve, known by samples, as a KAN has learned it: nearly sin(pi x).
double[] x = [.. Enumerable.Range(0, 1000).Select(at => at / 500.0 - 1)], y = [.. x.Select(value => 0.7 * Math.Sin(Math.PI * value) + 1e-6 * value * value + 0.2)];
foreach (EdgeFit fit in CurveFit.Suggest(x, y).Take(3))
    Console.WriteLine($"{fit.Formula.Function,-9} r2 {fit.R2:F9}, score {fit.Score:F2}");
EdgeFormula sine = CurveFit.Suggest(x, y)[0].Formula;

// A network [2, 1, 1] of such edges: exp(sine(a) + b^2). Its inputs were scaled before it saw them.
EdgeFormula square = new(EdgeFunction.Of("x^2"), A: 1, B: 0, C: 1, D: 0), exp = new(EdgeFunction.Of("exp"), A: 1, B: 0, C: 1, D: 0);
FormulaLayer[] layers =
[
    new([new([new([new(0, sine), new(1, square)])])]),
    new([new([new([new(0, exp)])])]),
];
Formula formula = Formula.Of(layers, ["a", "b c"], inputs: [new(Mean: 0, Scale: 2), new(Mean: 1, Scale: 1)])[0];
Console.WriteLine($"as fitted   {formula}");

// Numbers become what they mean, as far as the values on some rows allow.
Random random = new(0);
double[][] rows = [.. Enumerable.Range(0, 2).Select(_ => Enumerable.Range(0, 400).Select(_ => random.NextDouble() * 2 - 1).ToArray())];
Formula meant = formula.Snap(rows, tolerance: 1e-4);
double[] held = formula.Evaluate(rows);
Console.WriteLine($"as meant    {meant}, off by {meant.ErrorOn(rows, held).Rmse:E1}");
Console.WriteLine($"LaTeX       {meant.Expression.ToLaTeX()}");
Console.WriteLine($"derivative  {meant.Expression.Derivative("a")}");
Console.WriteLine(meant.Expression.ToCSharp("F", meant.Variables));
Console.WriteLine(meant.Expression.ToPython("f", meant.Variables));
