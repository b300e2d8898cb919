using Kansformers.Numerics;

namespace Kansformers.Inspection;

/// <summary>
/// A smooth stand-in for what is searched for: a polynomial of all inputs, or of their logarithms, for the values or their logarithm. Its derivatives tell the symmetries of
/// the values (<see cref="Symmetry"/>), for which a few percent are near enough.
/// </summary>
internal sealed class PolynomialFit
{
    private const int MostDegree = 12, RowsOfTerm = 3;

    private readonly double[][] _columns;
    private readonly bool[] _logarithmic;
    private readonly double[][][] _powers, _slopes; // by input and degree, rows: Chebyshev's polynomials and their derivatives
    private readonly int[][] _terms;
    private readonly double[] _coefficients;

    private PolynomialFit(double[][] columns, double[] values, bool logarithms, bool ofLogarithm)
    {
        (_columns, OfLogarithm) = (columns, ofLogarithm);
        int rows = values.Length, fitted = rows * 4 / 5;
        _logarithmic = [.. columns.Select(column => logarithms && column.Min() > 0)];
        int degree = 1;
        while (degree < MostDegree && Count(columns.Length, degree + 1) * RowsOfTerm <= fitted)
            degree++;
        _terms = [.. Terms(columns.Length, degree)];
        double[] targets = ofLogarithm ? Array.ConvertAll(values, value => Math.Log(Math.Abs(value))) : values;
        (_powers, _slopes) = (new double[columns.Length][][], new double[columns.Length][][]);
        Weights = new double[rows];
        Weights.AsSpan().Fill(1);
        for (int input = 0; input < columns.Length; input++)
            (_powers[input], _slopes[input]) = Chebyshev(input, degree);
        double[] matrix = new double[_terms.Length * fitted];
        double[][] made = [.. _terms.Select(term => Product(term, -1))];
        for (int term = 0; term < made.Length; term++)
            made[term].AsSpan(0, fitted).CopyTo(matrix.AsSpan(term * fitted));
        _coefficients = LeastSquares.Solve(matrix, _terms.Length, targets[..fitted], out _);
        double[] rest = [.. targets];
        for (int term = 0; term < made.Length; term++)
            DoubleVectors.AddScaled(rest, -_coefficients[term], made[term]);
        (_, double deviation) = DoubleVectors.Moments(targets);
        ReadOnlySpan<double> judging = rest.AsSpan(fitted);
        Error = Math.Sqrt(DoubleVectors.Dot(judging, judging) / judging.Length) / Math.Max(deviation, 1e-300);
        if (!double.IsFinite(Error))
            Error = double.PositiveInfinity;
    }

    /// <summary>Whether it is of the logarithm of the values' magnitude.</summary>
    public bool OfLogarithm { get; }

    /// <summary>The root mean square of what is left on rows that were not fitted, as a share of the deviation.</summary>
    public double Error { get; }

    /// <summary>How far each row counts: at the ends of the ranges derivatives are known less well.</summary>
    public double[] Weights { get; }

    /// <summary>The best of polynomials of inputs and of logarithms, for values and for logarithms.</summary>
    public static PolynomialFit Best(double[][] columns, double[] values)
    {
        bool ofLogarithm = values.All(value => value > 0) || values.All(value => value < 0), logarithms = columns.Any(column => column.Min() > 0);
        IEnumerable<PolynomialFit> fits = from inner in logarithms ? [false, true] : (bool[])[false] from outer in ofLogarithm ? [false, true] : (bool[])[false] select new PolynomialFit(columns, values, inner, outer);
        return fits.MinBy(fit => fit.Error)!;
    }

    /// <summary>The derivative by an input, row by row.</summary>
    public double[] Slope(int input)
    {
        double[] sum = new double[Weights.Length];
        for (int term = 0; term < _terms.Length; term++)
        {
            if (_terms[term][input] > 0)
                DoubleVectors.AddScaled(sum, _coefficients[term], Product(_terms[term], input));
        }

        return sum;
    }

    private double[] Product(int[] term, int derived)
    {
        double[] product = new double[Weights.Length];
        product.AsSpan().Fill(1);
        for (int input = 0; input < term.Length; input++)
        {
            if (term[input] == 0)
                continue;
            double[] factor = (input == derived ? _slopes : _powers)[input][term[input]];
            for (int row = 0; row < product.Length; row++)
                product[row] *= factor[row];
        }

        return product;
    }

    private (double[][] Powers, double[][] Slopes) Chebyshev(int input, int degree)
    {
        double[] x = _columns[input], u = _logarithmic[input] ? Array.ConvertAll(x, Math.Log) : x;
        double middle = (u.Max() + u.Min()) / 2, half = Math.Max(1e-300, (u.Max() - u.Min()) / 2);
        double[][] powers = [.. Enumerable.Range(0, degree + 1).Select(_ => new double[x.Length])], slopes = [.. Enumerable.Range(0, degree + 1).Select(_ => new double[x.Length])];
        for (int row = 0; row < x.Length; row++)
        {
            double at = (u[row] - middle) / half, inner = 1 / half / (_logarithmic[input] ? x[row] : 1);
            Weights[row] *= Math.Sqrt(Math.Max(0, 1 - at * at)) + 0.05;
            (powers[0][row], powers[1][row], slopes[1][row]) = (1, at, 1);
            for (int power = 2; power <= degree; power++)
            {
                powers[power][row] = 2 * at * powers[power - 1][row] - powers[power - 2][row];
                slopes[power][row] = 2 * powers[power - 1][row] + 2 * at * slopes[power - 1][row] - slopes[power - 2][row];
            }

            for (int power = 1; power <= degree; power++)
                slopes[power][row] *= inner;
        }

        return (powers, slopes);
    }

    private static double Count(int inputs, int degree)
    {
        double count = 1;
        for (int at = 1; at <= inputs; at++)
            count = count * (degree + at) / at;
        return count;
    }

    private static IEnumerable<int[]> Terms(int inputs, int degree) => inputs == 0 ? [[]]
        : from power in Enumerable.Range(0, degree + 1) from rest in Terms(inputs - 1, degree - power) select (int[])[power, .. rest];
}
