using Kansformers.Numerics;

namespace Kansformers.Inspection;

/// <summary>
/// A network [n, products of n edges, 1] in the making: Σ_r Π_i φ_ri(x_i), each edge a curve of Chebyshev polynomials. Given all edges but those of one input, these are
/// linear: one input after the other is solved by least squares (alternating; Beylkin and Mohlenkamp, "Algorithms for numerical analysis in high dimensions", 2005).
/// </summary>
internal sealed class SeparableFit
{
    private const double Wide = 4;

    private readonly double[][] _columns;
    private readonly bool[] _logarithmic; // in the measure of which powers and logarithms of a wide range are smooth
    private readonly (double Middle, double Half)[] _ranges;
    private readonly int _functions, _rows;
    private readonly double[][] _bases; // by input, (functions, rows)
    private readonly double[][,] _coefficients; // by input, (terms, functions)
    private readonly double[][][] _values; // by input and term, rows

    /// <param name="columns">The inputs.</param>
    /// <param name="rows">The rows to fit; those behind them judge.</param>
    /// <param name="terms">The number of products.</param>
    /// <param name="degree">The highest degree.</param>
    /// <param name="seed">Of the first curves.</param>
    public SeparableFit(double[][] columns, int rows, int terms, int degree, int seed)
    {
        (_columns, _rows, Terms, _functions) = (columns, rows, terms, degree + 1);
        _logarithmic = [.. columns.Select(column => column.Min() > 0 && column.Max() / column.Min() > Wide)];
        _ranges = [.. columns.Select((column, input) => (Low: Place(input, column.Min()), High: Place(input, column.Max()))).Select(ends => ((ends.High + ends.Low) / 2, Math.Max(1e-300, (ends.High - ends.Low) / 2)))];
        _bases = [.. columns.Select((column, input) => Basis(input, column))];
        Random random = new(seed);
        _coefficients = [.. columns.Select(_ => new double[terms, _functions])];
        foreach (double[,] of in _coefficients)
        {
            for (int term = 0; term < terms; term++)
            {
                of[term, 0] = 1;
                for (int function = 1; function < Math.Min(_functions, 4); function++)
                    of[term, function] = 0.5 * (random.NextDouble() * 2 - 1);
            }
        }

        _values = [.. columns.Select((column, input) => Enumerable.Range(0, terms).Select(term => Values(input, term, column)).ToArray())];
    }

    public int Terms { get; }

    public int Inputs => _columns.Length;

    /// <summary>The root mean square of what is left on the judging rows, as a share of the targets' own.</summary>
    public double Error { get; private set; } = 1;

    /// <summary>Sweeps over the inputs until nothing more is gained.</summary>
    public void Run(double[] targets, int sweeps, Func<bool> stops)
    {
        double last = double.PositiveInfinity;
        for (int sweep = 0, slow = 0; sweep < sweeps && slow < 4 && !stops(); sweep++)
        {
            for (int input = 0; input < Inputs; input++)
                Solve(input, targets);
            Error = Judge(targets);
            // Large errors that no longer fall stay large; small ones are worth more sweeps.
            slow = Error > last * (Error > 1e-2 ? 0.95 : 0.9) ? slow + 1 : 0;
            last = Math.Min(last, Error);
            if (Error < 1e-13)
                break;
        }
    }

    /// <summary>Fits a sum of curves in place of their product, of which least squares find the best at once.</summary>
    public void RunSum(double[] targets)
    {
        int all = targets.Length, unknowns = 1 + Inputs * (_functions - 1);
        List<double[]> columns = [_bases[0][..all]]; // the constant
        for (int input = 0; input < Inputs; input++)
        {
            for (int function = 1; function < _functions; function++)
                columns.Add(_bases[input][(function * all)..((function + 1) * all)]);
        }

        double[] found = LeastSquares.Solve([.. columns.SelectMany(column => column[.._rows])], unknowns, targets[.._rows], out _), rest = [.. targets];
        for (int at = 0; at < unknowns; at++)
            DoubleVectors.AddScaled(rest, -found[at], columns[at]);
        for (int input = 0; input < Inputs; input++)
        {
            _coefficients[input][0, 0] = 0;
            for (int function = 1; function < _functions; function++)
                _coefficients[input][0, function] = found[input * (_functions - 1) + function];
        }

        Error = Share(rest, targets);
    }

    /// <summary>One edge's curve.</summary>
    public double[] Values(int input, int term, double[] x)
    {
        double[] basis = Basis(input, x), values = new double[x.Length];
        for (int function = 0; function < _functions; function++)
            DoubleVectors.AddScaled(values, _coefficients[input][term, function], basis.AsSpan(function * x.Length, x.Length));
        return values;
    }

    /// <summary>Values of an input all over its range, but for the ends, where curves are known less well.</summary>
    public double[] Points(int input, int count) => [.. Enumerable.Range(0, count).Select(at => _ranges[input].Middle + _ranges[input].Half * 0.98 * (2.0 * at / (count - 1) - 1))
        .Select(place => _logarithmic[input] ? Math.Exp(place) : place)];

    private double Place(int input, double x) => _logarithmic[input] ? Math.Log(x) : x;

    private void Solve(int input, double[] targets)
    {
        int all = _columns[0].Length, unknowns = Terms * _functions;
        const double Ridge = 1e-10; // holds what terms say twice
        double[] matrix = new double[unknowns * (_rows + unknowns)], right = new double[_rows + unknowns], weights = new double[all];
        int stride = _rows + unknowns;
        targets.AsSpan(0, _rows).CopyTo(right);
        for (int term = 0; term < Terms; term++)
        {
            Others(input, term, weights);
            double size = Math.Sqrt(DoubleVectors.Dot(weights.AsSpan(0, _rows), weights.AsSpan(0, _rows)));
            for (int function = 0; function < _functions; function++)
            {
                int column = term * _functions + function;
                Span<double> to = matrix.AsSpan(column * stride, _rows);
                ReadOnlySpan<double> basis = _bases[input].AsSpan(function * all, _rows);
                for (int row = 0; row < to.Length; row++)
                    to[row] = weights[row] * basis[row];
                matrix[column * stride + _rows + column] = Ridge * size;
            }
        }

        double[] found = LeastSquares.Solve(matrix, unknowns, right, out _);
        for (int term = 0; term < Terms; term++)
        {
            double largest = 0;
            for (int function = 0; function < _functions; function++)
                largest = Math.Max(largest, Math.Abs(found[term * _functions + function]));
            // Only the last input carries the size of a term.
            double scale = input == Inputs - 1 || largest == 0 ? 1 : 1 / largest;
            for (int function = 0; function < _functions; function++)
                _coefficients[input][term, function] = scale * found[term * _functions + function];
            _values[input][term].AsSpan().Clear();
            for (int function = 0; function < _functions; function++)
                DoubleVectors.AddScaled(_values[input][term], _coefficients[input][term, function], _bases[input].AsSpan(function * all, all));
        }
    }

    private void Others(int input, int term, double[] weights)
    {
        weights.AsSpan().Fill(1);
        for (int other = 0; other < Inputs; other++)
        {
            for (int row = 0; row < weights.Length && other != input; row++)
                weights[row] *= _values[other][term][row];
        }
    }

    private double Judge(double[] targets)
    {
        double[] sum = new double[targets.Length], product = new double[targets.Length];
        for (int term = 0; term < Terms; term++)
        {
            Others(-1, term, product);
            DoubleVectors.AddScaled(sum, 1, product);
        }

        DoubleVectors.AddScaled(sum, -1, targets);
        return Share(sum, targets);
    }

    private double Share(double[] sum, double[] targets)
    {
        (_, double deviation) = DoubleVectors.Moments(targets);
        ReadOnlySpan<double> judging = sum.AsSpan(_rows);
        double error = Math.Sqrt(DoubleVectors.Dot(judging, judging) / judging.Length) / Math.Max(deviation, 1e-300);
        return double.IsFinite(error) ? error : double.PositiveInfinity;
    }

    private double[] Basis(int input, double[] x)
    {
        double[] basis = new double[_functions * x.Length];
        for (int row = 0; row < x.Length; row++)
        {
            double u = (Place(input, x[row]) - _ranges[input].Middle) / _ranges[input].Half, before = 1, here = u;
            basis[row] = 1;
            for (int function = 1; function < _functions; function++)
            {
                basis[function * x.Length + row] = here;
                (before, here) = (here, 2 * u * here - before);
            }
        }

        return basis;
    }
}
