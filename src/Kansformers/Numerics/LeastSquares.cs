namespace Kansformers.Numerics;

/// <summary>
/// min |A x - b|, of all solutions the one of least length: Householder's QR with column pivoting, cut off where a column's rest is rounding, and a second one from the
/// other side where columns were cut (Golub and Van Loan, "Matrix Computations", 5.4 and 5.5). Its answer is always a number: what the rows do not determine is 0.
/// </summary>
internal static class LeastSquares
{
    private const double Unit = 1.0 / (1L << 52); // of rounding

    /// <summary>Solves for several right-hand sides.</summary>
    /// <param name="a">(rows, columns), column after column; overwritten.</param>
    /// <param name="columns">The number of unknowns.</param>
    /// <param name="b">Right-hand sides one after the other, each as long as a column; overwritten.</param>
    /// <param name="rank">How many unknowns the rows determine.</param>
    /// <returns>The solutions one after the other.</returns>
    public static double[] Solve(double[] a, int columns, double[] b, out int rank)
    {
        int rows = columns == 0 ? 0 : a.Length / columns, sides = rows == 0 ? 0 : b.Length / rows;
        double[] x = new double[columns * sides];
        rank = 0;
        if (rows == 0)
            return x;
        int[] order = [.. Enumerable.Range(0, columns)];
        rank = Factor(a, rows, order, b, sides);
        if (rank == 0)
            return x;
        double[]? other = rank < columns ? OtherSide(a, rows, columns, rank) : null;
        double[] solution = new double[columns];
        for (int side = 0; side < sides; side++)
        {
            ReadOnlySpan<double> right = b.AsSpan(side * rows, rank);
            if (other is null)
                BackSubstitute(a, rows, right, solution);
            else
                LeastLength(other, columns, rank, right, solution);
            for (int at = 0; at < columns; at++)
                x[side * columns + order[at]] = solution[at];
        }

        return x;
    }

    // R above the diagonal of a; the reflections go through b at once, and are not kept. Returns the rank.
    private static int Factor(double[] a, int rows, int[] order, double[] b, int sides)
    {
        int columns = order.Length, most = Math.Min(rows, columns);
        double cutoff = 0;
        for (int step = 0; step < most; step++)
        {
            int best = step;
            double length = -1;
            for (int column = step; column < columns; column++)
            {
                ReadOnlySpan<double> rest = a.AsSpan(column * rows + step, rows - step);
                double squares = DoubleVectors.Dot(rest, rest);
                if (squares > length)
                    (best, length) = (column, squares);
            }

            length = Math.Sqrt(length);
            if (step == 0)
                cutoff = length * Math.Max(rows, columns) * Unit;
            if (!(length > cutoff) || !double.IsFinite(length))
                return step;
            if (best != step)
            {
                (order[step], order[best]) = (order[best], order[step]);
                for (int row = 0; row < rows; row++)
                    (a[step * rows + row], a[best * rows + row]) = (a[best * rows + row], a[step * rows + row]);
            }

            Reflect(a, rows, step, length, columns, b, sides);
        }

        return most;
    }

    // H = 1 - v vᵀ · 2 / |v|² takes the column's rest to the diagonal.
    private static void Reflect(double[] a, int rows, int step, double length, int columns, double[] b, int sides)
    {
        Span<double> v = a.AsSpan(step * rows + step, rows - step);
        double diagonal = v[0] > 0 ? -length : length;
        v[0] -= diagonal;
        double factor = 2 / DoubleVectors.Dot(v, v);
        for (int column = step + 1; column < columns; column++)
            Apply(a.AsSpan(column * rows + step, rows - step), v, factor);
        for (int side = 0; side < sides; side++)
            Apply(b.AsSpan(side * rows + step, rows - step), v, factor);
        v.Clear();
        v[0] = diagonal;
    }

    private static void Apply(Span<double> to, ReadOnlySpan<double> v, double factor) => DoubleVectors.AddScaled(to, -factor * DoubleVectors.Dot(v, to), v);

    private static void BackSubstitute(double[] a, int rows, ReadOnlySpan<double> right, double[] x)
    {
        for (int at = right.Length - 1; at >= 0; at--)
        {
            double sum = right[at];
            for (int column = at + 1; column < right.Length; column++)
                sum -= a[column * rows + at] * x[column];
            x[at] = sum / a[at * rows + at];
        }
    }

    // The trapezium's rows as columns of (columns, rank + columns): beside them a unit matrix, which the reflections turn into Qᵀ.
    private static double[] OtherSide(double[] a, int rows, int columns, int rank)
    {
        double[] transposed = new double[columns * rank], unit = new double[columns * columns];
        for (int row = 0; row < rank; row++)
        {
            for (int column = row; column < columns; column++)
                transposed[row * columns + column] = a[column * rows + row];
        }

        for (int at = 0; at < columns; at++)
            unit[at * columns + at] = 1;
        for (int step = 0; step < rank; step++)
        {
            ReadOnlySpan<double> rest = transposed.AsSpan(step * columns + step, columns - step);
            Reflect(transposed, columns, step, Math.Sqrt(DoubleVectors.Dot(rest, rest)), rank, unit, columns);
        }

        return [.. transposed, .. unit];
    }

    // R x = c with Rᵀ = Q S: x = Q S⁻ᵀ c.
    private static void LeastLength(double[] other, int columns, int rank, ReadOnlySpan<double> right, double[] x)
    {
        double[] inner = new double[rank];
        for (int at = 0; at < rank; at++)
        {
            double sum = right[at];
            for (int before = 0; before < at; before++)
                sum -= other[at * columns + before] * inner[before];
            inner[at] = sum / other[at * columns + at];
        }

        // Column j of the unit matrix became Qᵀ e_j, row j of Q.
        for (int at = 0; at < columns; at++)
            x[at] = DoubleVectors.Dot(inner, other.AsSpan((rank + at) * columns, rank));
    }
}
