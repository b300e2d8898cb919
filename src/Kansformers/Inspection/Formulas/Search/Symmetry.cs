namespace Kansformers.Inspection;

/// <summary>
/// What the values do when some inputs are changed together: multiplied by t^weight, they are multiplied by t^power; or, t · weight added, power · t is added to them. Such a
/// symmetry takes one input away. Units bring symmetries of the first sort, so that dimensional analysis comes of the samples alone (after the ideas of Udrescu and Tegmark,
/// "AI Feynman", 2020; here by the derivatives of a <see cref="PolynomialFit"/>).
/// </summary>
/// <param name="Scales">Whether inputs are multiplied; else something is added to them.</param>
/// <param name="Inputs">The inputs.</param>
/// <param name="Weights">Theirs; the first is 1.</param>
/// <param name="Power">Of the values.</param>
/// <param name="Residual">How far the derivatives are from it, as a share of their size.</param>
internal sealed record Symmetry(bool Scales, int[] Inputs, double[] Weights, double Power, double Residual)
{
    private const double MostResidual = 0.3, SnapDistance = 0.2;
    private static readonly double[] Numbers = [1, -1, 2, -2, 0.5, -0.5, 1.5, -1.5, 3, -3, 4, -4, 1.0 / 3, -1.0 / 3, 2.0 / 3, -2.0 / 3];

    /// <summary>Those that the derivatives allow, the clearest first.</summary>
    public static IReadOnlyList<Symmetry> Of(PolynomialFit fit, SearchProblem problem)
    {
        int inputs = problem.Columns.Length, rows = problem.Values.Length;
        double[][] slopes = [.. Enumerable.Range(0, inputs).Select(fit.Slope)];
        List<Symmetry> found = [];
        foreach (bool scales in (bool[])[true, false])
        {
            // Σ weight · moves = power · own
            double[][] moves = [.. slopes.Select((slope, input) => Weighted(row => scales ? slope[row] * problem.Columns[input][row] : slope[row]))];
            double[]? own = scales == fit.OfLogarithm || !scales ? Weighted(_ => 1) : Weighted(row => problem.Values[row]);
            if (!scales && fit.OfLogarithm)
                own = null; // exp(power · x) is a factor of another sort
            for (int first = 0; first < inputs; first++)
            {
                Add([first]);
                for (int second = first + 1; second < inputs; second++)
                {
                    Add([first, second]);
                    for (int third = second + 1; third < inputs && scales; third++)
                        Add([first, second, third]);
                }
            }

            void Add(int[] of)
            {
                if (scales && of.Any(input => problem.Columns[input].Any(value => value == 0)))
                    return;
                double[][] rest = [.. of.Skip(1).Select(input => moves[input]), .. own is null ? Array.Empty<double[]>() : [own]];
                if (Solution(moves[of[0]], rest) is not double[] numbers)
                    return;
                double[] weights = [1, .. numbers[..(of.Length - 1)]];
                double power = own is null ? 0 : -numbers[^1];
                if (weights.Any(weight => Snapped(weight, false) is null) || Snapped(power, true) is not double snapped)
                    return;
                weights = Array.ConvertAll(weights, weight => Snapped(weight, false)!.Value);
                double left = 0, size = 0;
                for (int row = 0; row < rows; row++)
                {
                    double sum = own is null ? 0 : -snapped * own[row];
                    for (int at = 0; at < of.Length; at++)
                    {
                        double part = weights[at] * moves[of[at]][row];
                        (sum, size) = (sum + part, size + part * part);
                    }

                    left += sum * sum;
                }

                double residual = Math.Sqrt(left / Math.Max(size, 1e-300));
                if (residual < MostResidual)
                    found.Add(new Symmetry(scales, of, weights, snapped, residual));
            }
        }

        return [.. found.OrderBy(symmetry => symmetry.Residual * (1 + symmetry.Inputs.Length))];

        double[] Weighted(Func<int, double> value) => [.. Enumerable.Range(0, rows).Select(row => fit.Weights[row] * value(row))];
    }

    /// <summary>The problem with an input less; null where something would have no value.</summary>
    public SearchProblem? Apply(SearchProblem problem)
    {
        int at = Pivot(problem), pivot = Inputs[at];
        double[] column = problem.Columns[pivot];
        Expression own = problem.Inputs[pivot];
        List<double[]> columns = [];
        List<Expression> inputs = [];
        for (int input = 0; input < problem.Columns.Length; input++)
        {
            if (input == pivot)
                continue;
            int place = Array.IndexOf(Inputs, input);
            (double[] values, Expression expression) = (problem.Columns[input], problem.Inputs[input]);
            if (place >= 0)
                (values, expression) = (Moved(values, column, -Weights[place] / Weights[at]), Moved(expression, own, -Weights[place] / Weights[at]));
            columns.Add(values);
            inputs.Add(expression.Simplify());
        }

        double power = Power / Weights[at];
        double[] targets = Moved(problem.Values, column, -power);
        if (!columns.Append(targets).All(values => values.All(double.IsFinite)))
            return null;
        return new SearchProblem([.. columns], targets, inputs, inner => problem.Outer(Moved(inner, own, power)), $"of {string.Join(", ", inputs)}: ");
    }

    /// <summary>For people.</summary>
    public override string ToString() => string.Join(Scales ? "*" : " + ", Inputs.Zip(Weights, (input, weight) => FormattableString.Invariant(Scales ? (FormattableString)$"x{input + 1}^{weight:0.##}" : $"{weight:0.##} x{input + 1}"))) + FormattableString.Invariant($" to {Power:0.##}");

    private double[] Moved(double[] values, double[] by, double how) => how == 0 ? values : [.. values.Zip(by, (value, other) => Scales ? value * Math.Pow(other, how) : value + how * other)];

    private Expression Moved(Expression value, Expression by, double how) => how == 0 ? value : Scales ? value * by.Pow(how) : value + how * by;

    // Whole exponents before broken ones, then the largest input, so that the others become shares of it.
    private int Pivot(SearchProblem problem) => Enumerable.Range(0, Inputs.Length).OrderBy(at => Weights.Append(Power).Sum(weight => Broken(weight / Weights[at]))).ThenByDescending(at => problem.Columns[Inputs[at]].Average(Math.Abs)).First();

    private static double Broken(double number) => Math.Abs(number - Math.Round(number)) > 1e-9 ? 1 : 0;

    private static double? Snapped(double number, bool orZero)
    {
        double nearest = Numbers.Concat(orZero ? (double[])[0, 2.5, -2.5, 5, -5, 6, -6] : []).MinBy(known => Math.Abs(known - number));
        return Math.Abs(nearest - number) < SnapDistance * Math.Max(0.5, Math.Abs(nearest)) ? nearest : null;
    }

    // The numbers for which first + Σ numbers · others is least.
    private static double[]? Solution(double[] first, double[][] others)
    {
        double[] solution = Numerics.LeastSquares.Solve([.. others.SelectMany(other => other)], others.Length, Array.ConvertAll(first, value => -value), out int rank);
        return rank == others.Length && Numerics.DoubleVectors.AllFinite(solution) ? solution : null;
    }
}
