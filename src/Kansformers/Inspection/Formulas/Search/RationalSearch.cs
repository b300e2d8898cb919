using Kansformers.Numerics;

namespace Kansformers.Inspection;

/// <summary>
/// Quotients of two polynomials: Σ p_k m_k(x) - t Σ q_k m_k(x) = 0 is linear in all coefficients, so that least squares find those of what is exact, down to rounding; t is the
/// target behind a known function.
/// </summary>
internal sealed class RationalSearch(SearchRun run, SearchProblem problem)
{
    private const int MostUnknowns = 90;
    private const double Fits = 1e-9, Negligible = 1e-8;

    public void Run()
    {
        foreach ((int above, int below) in ((int, int)[])[(1, 1), (2, 1), (2, 2), (3, 2), (4, 2), (3, 3)])
        {
            int[][] numerator = [.. Powers(problem.Columns.Length, above)], denominator = [.. Powers(problem.Columns.Length, below)];
            if (numerator.Length + denominator.Length > Math.Min(MostUnknowns, problem.Values.Length / 4))
                return;
            foreach (TargetForm target in TargetForm.All)
            {
                if (run.IsOver)
                    return;
                double[] targets = Array.ConvertAll(problem.Values, value => target.Inverse(value));
                if (target.Name is "1/y" or "1/y^2" || !DoubleVectors.AllFinite(targets))
                    continue;
                run.Tell($"{target.Name} as a quotient of degrees {above} and {below}");
                if (Found(numerator, denominator, targets) is Expression quotient)
                    run.Offer(problem, target.Outer(quotient), $"{problem.How}{target.Name} as a quotient of polynomials of degrees {above} and {below}");
            }
        }
    }

    // One coefficient of the denominator is 1: which of them can be is not known.
    private Expression? Found(int[][] numerator, int[][] denominator, double[] targets)
    {
        int rows = Math.Min(targets.Length, 5 * (numerator.Length + denominator.Length) + 100);
        double[][] above = [.. numerator.Select(powers => Monomial(powers, rows))], below = [.. denominator.Select(powers => Monomial(powers, rows).Select((value, row) => -value * targets[row]).ToArray())];
        double[][] all = [.. above, .. below];
        for (int unit = above.Length; unit < all.Length && !run.IsOver; unit++)
        {
            int[] unknowns = [.. Enumerable.Range(0, all.Length).Where(at => at != unit)];
            if (Solve(all, unknowns, unit) is not double[] solution)
                continue;
            // What is next to nothing is nothing, and the others are found again without it.
            double largest = unknowns.Select((at, place) => Math.Abs(solution[place]) * Size(all[at])).Max();
            int[] kept = [.. unknowns.Where((at, place) => Math.Abs(solution[place]) * Size(all[at]) > Negligible * largest)];
            if (Solve(all, kept, unit) is not double[] fewer)
                (kept, fewer) = (unknowns, solution);
            IEnumerable<(int At, double Value)> coefficients = kept.Zip(fewer).Append((unit, 1));
            return Polynomial(coefficients.Where(one => one.At < above.Length).Select(one => (numerator[one.At], one.Value)))
                / Polynomial(coefficients.Where(one => one.At >= above.Length).Select(one => (denominator[one.At - above.Length], one.Value)));
        }

        return null;
    }

    private static double[]? Solve(double[][] columns, int[] unknowns, int unit)
    {
        double[] right = Array.ConvertAll(columns[unit], value => -value), rest = [.. right], sizes = [.. unknowns.Select(at => Math.Max(1e-300, Size(columns[at])))];
        double[] solution = LeastSquares.Solve([.. unknowns.SelectMany((at, place) => columns[at].Select(value => value / sizes[place]))], unknowns.Length, [.. right], out _);
        for (int place = 0; place < unknowns.Length; place++)
        {
            solution[place] /= sizes[place];
            DoubleVectors.AddScaled(rest, -solution[place], columns[unknowns[place]]);
        }

        return Size(rest) <= Fits * Size(right) ? solution : null;
    }

    private Sum Polynomial(IEnumerable<(int[] Powers, double Coefficient)> terms) => new(terms.Select(term =>
        new Product([term.Coefficient, .. term.Powers.Select((power, input) => new Variable(problem.Names[input]).Pow(power))])));

    private double[] Monomial(int[] powers, int rows)
    {
        double[] values = new double[rows];
        values.AsSpan().Fill(1);
        for (int input = 0; input < powers.Length; input++)
        {
            for (int factor = 0; factor < powers[input]; factor++)
            {
                for (int row = 0; row < rows; row++)
                    values[row] *= problem.Columns[input][row];
            }
        }

        return values;
    }

    private static double Size(double[] values) => Math.Sqrt(DoubleVectors.Dot(values, values));

    // Small ones first, so that a constant is 1 where there is one.
    private static IEnumerable<int[]> Powers(int inputs, int degree) => All(inputs, degree).OrderBy(powers => powers.Sum());

    private static IEnumerable<int[]> All(int inputs, int degree) => inputs == 0 ? [[]]
        : from power in Enumerable.Range(0, degree + 1) from rest in All(inputs - 1, degree - power) select (int[])[power, .. rest];
}
