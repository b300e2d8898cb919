using Kansformers.Numerics;

namespace Kansformers.Inspection;

/// <summary>
/// The a, b, c and d of all edges' formulas together, by Levenberg's and Marquardt's damped Gauss-Newton steps. What the numbers say twice, as c and a of a line do, least
/// squares of least length leave where it is. Down to rounding, which gradients of a mean square alone do not reach.
/// </summary>
internal static class FormulaNumbers
{
    private const double FirstDamping = 1e-4, LeastDamping = 1e-16, MostDamping = 1e6, Rounding = 1e-32;
    private const int MostQuiet = 3;

    /// <summary>Fits them.</summary>
    /// <param name="network">A network whose live edges all have formulas; its numbers are changed.</param>
    /// <param name="inputs">The samples.</param>
    /// <param name="targets">A column for each output.</param>
    /// <param name="steps">The most steps.</param>
    /// <param name="cancellation">Ends it after the step at hand.</param>
    /// <returns>The mean square that is left, as a share of the targets' variance; infinite where a formula has no value at the start.</returns>
    public static double Fit(KanNetwork network, Samples inputs, Samples targets, int steps, CancellationToken cancellation = default)
    {
        FormulaPass pass = new(network, inputs);
        double total = Enumerable.Range(0, targets.Columns).Sum(column => Squares(targets.Column(column)));
        int unknowns = pass.Count, rows = targets.Values.Length;
        double[] numbers = pass.Read();
        if (!pass.Forward())
            return double.PositiveInfinity;
        double[] rest = Rest(pass, targets);
        double loss = DoubleVectors.Dot(rest, rest), damping = FirstDamping;
        if (unknowns == 0)
            return Share(loss);
        int quiet = 0;
        for (int step = 0; step < steps && quiet < MostQuiet && loss > Rounding * total && !cancellation.IsCancellationRequested; step++)
        {
            pass.Write(numbers);
            pass.Forward();
            (double[] matrix, double[] lengths) = Columns(pass, rows);
            bool found = false;
            for (; damping <= MostDamping && !found; damping *= 6)
            {
                double[] moved = Moved(numbers, matrix, lengths, rest, damping);
                pass.Write(moved);
                if (!pass.Forward())
                    continue;
                double[] other = Rest(pass, targets);
                double next = DoubleVectors.Dot(other, other);
                if (!(next < loss))
                    continue;
                quiet = loss - next <= 1e-6 * loss ? quiet + 1 : 0;
                (numbers, rest, loss, found, damping) = (moved, other, next, true, Math.Max(LeastDamping, damping / 60));
            }

            if (!found)
                break;
        }

        pass.Write(numbers);
        return Share(loss);

        double Share(double squares) => total > 0 ? squares / total : squares;
    }

    // [J / lengths; damping] and the rest below one another: the step that is best within what the damping allows.
    private static double[] Moved(double[] numbers, double[] matrix, double[] lengths, double[] rest, double damping)
    {
        int unknowns = numbers.Length, rows = rest.Length, stride = rows + unknowns;
        double[] a = (double[])matrix.Clone(), b = new double[stride];
        for (int at = 0; at < unknowns; at++)
            a[at * stride + rows + at] = Math.Sqrt(damping);
        rest.CopyTo(b, 0);
        double[] step = LeastSquares.Solve(a, unknowns, b, out _), moved = new double[unknowns];
        for (int at = 0; at < unknowns; at++)
            moved[at] = numbers[at] + step[at] / lengths[at];
        return moved;
    }

    private static (double[] Matrix, double[] Lengths) Columns(FormulaPass pass, int rows)
    {
        int unknowns = pass.Count, stride = rows + unknowns;
        double[] matrix = new double[unknowns * stride], lengths = new double[unknowns];
        for (int output = 0; output * pass.Rows < rows; output++)
            pass.Jacobian(output, matrix.AsSpan(output * pass.Rows), stride);
        for (int at = 0; at < unknowns; at++)
        {
            Span<double> column = matrix.AsSpan(at * stride, rows);
            double length = Math.Sqrt(DoubleVectors.Dot(column, column));
            lengths[at] = length > 0 && double.IsFinite(length) ? length : 1;
            if (double.IsFinite(length))
                DoubleVectors.Affine(column, column, 1 / lengths[at], 0);
            else
                column.Clear();
        }

        return (matrix, lengths);
    }

    private static double[] Rest(FormulaPass pass, Samples targets)
    {
        double[] rest = [.. targets.Values];
        DoubleVectors.AddScaled(rest, -1, pass.Outputs);
        return rest;
    }

    private static double Squares(ReadOnlySpan<double> values)
    {
        (_, double deviation) = DoubleVectors.Moments(values);
        return deviation * deviation * (values.Length - 1);
    }
}
