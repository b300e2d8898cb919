using Kansformers.Numerics;

namespace Kansformers.Inspection;

/// <summary>Splines through given values, by least squares.</summary>
internal static class SplineFit
{
    /// <summary>The coefficients whose splines come closest to values at points; of several that do, those nearest to where the search begins.</summary>
    /// <param name="table">The grid.</param>
    /// <param name="order">The splines' order.</param>
    /// <param name="points">Where the values are.</param>
    /// <param name="values">The values of each spline, one spline after the other; overwritten.</param>
    /// <param name="start">Coefficients to begin from, one spline after the other; empty for zeros.</param>
    /// <returns>Coefficients, one spline after the other.</returns>
    public static double[] Coefficients(KnotTable table, int order, ReadOnlySpan<double> points, double[] values, ReadOnlySpan<double> start = default)
    {
        int functions = table.Functions - 2 * order, rows = points.Length;
        double[] matrix = new double[rows * functions];
        Span<double> live = stackalloc double[order + 1], slopes = stackalloc double[order + 1];
        for (int row = 0; row < rows; row++)
        {
            int first = table.Expand(points[row], live, slopes) - order;
            for (int at = 0; at <= order; at++)
            {
                if (first + at >= 0 && first + at < functions)
                    matrix[(first + at) * rows + row] = live[at];
            }
        }

        for (int spline = 0; spline * functions < start.Length; spline++)
        {
            for (int function = 0; function < functions; function++)
                DoubleVectors.AddScaled(values.AsSpan(spline * rows, rows), -start[spline * functions + function], matrix.AsSpan(function * rows, rows));
        }

        double[] solution = LeastSquares.Solve(matrix, functions, values, out _);
        if (!start.IsEmpty)
            DoubleVectors.AddScaled(solution, 1, start);
        return solution;
    }

    /// <summary>What splines come to at points.</summary>
    /// <param name="table">The grid.</param>
    /// <param name="order">The splines' order.</param>
    /// <param name="coefficients">Coefficients, one spline after the other.</param>
    /// <param name="points">Where.</param>
    /// <returns>Values, one spline after the other.</returns>
    public static double[] Values(KnotTable table, int order, ReadOnlySpan<double> coefficients, ReadOnlySpan<double> points)
    {
        int functions = table.Functions - 2 * order, splines = coefficients.Length / functions;
        double[] values = new double[splines * points.Length];
        Span<double> live = stackalloc double[order + 1], slopes = stackalloc double[order + 1];
        for (int row = 0; row < points.Length; row++)
        {
            int first = table.Expand(points[row], live, slopes) - order;
            for (int at = Math.Max(0, -first); at <= order && first + at < functions; at++)
            {
                for (int spline = 0; spline < splines; spline++)
                    values[spline * points.Length + row] += live[at] * coefficients[spline * functions + first + at];
            }
        }

        return values;
    }
}
