namespace Kansformers.Inspection;

/// <summary>A function of many variables with its gradient.</summary>
/// <param name="at">The variables.</param>
/// <param name="gradient">Is filled.</param>
internal delegate double Objective(ReadOnlySpan<double> at, Span<double> gradient);

/// <summary>
/// L-BFGS (Nocedal and Wright, "Numerical Optimization", algorithm 7.4) with a line search for the strong Wolfe conditions. It keeps its memory from step to step; a step
/// is a number of iterations, as pykan counts them: at most 20, or 25 evaluations.
/// </summary>
internal sealed class Lbfgs(int size)
{
    private const int Memory = 10, MostIterations = 20, MostEvaluations = 25;

    // pykan's tolerances, of gradient, step and curvature alike.
    private const double Tolerance = 1e-32;

    private readonly List<Pair> _pairs = [];
    private readonly double[] _direction = new double[size], _before = new double[size];
    private double[] _gradient = new double[size];
    private double _scale = 1, _length;
    private bool _hasBefore;

    /// <summary>How far variables and gradient moved together, in one iteration.</summary>
    private readonly record struct Pair(double[] Step, double[] Change, double Inverse);

    /// <summary>Forgets what it knows of the function's curvature, which is another function now.</summary>
    public void Restart()
    {
        _pairs.Clear();
        (_scale, _hasBefore) = (1, false);
    }

    /// <summary>Takes one step.</summary>
    /// <param name="objective">What is to become small.</param>
    /// <param name="x">The variables; changed to what was found, which is never worse and always a number.</param>
    /// <param name="rate">The first length that a line search tries.</param>
    /// <param name="stops">Asked between iterations.</param>
    /// <returns>The function's value before the step; not finite where it has none there, and nothing is done then.</returns>
    public double Step(Objective objective, double[] x, double rate, Func<bool> stops)
    {
        double first = objective(x, _gradient), value = first;
        if (!double.IsFinite(first) || !DoubleVectors.AllFinite(_gradient))
            return double.IsFinite(first) ? double.NaN : first;
        int evaluations = 1;
        for (int iteration = 1; iteration <= MostIterations && DoubleVectors.LargestMagnitude(_gradient) > Tolerance; iteration++)
        {
            Direct();
            double slope = DoubleVectors.Dot(_gradient, _direction);
            if (!double.IsFinite(slope) && _pairs.Count > 0)
            {
                Restart();
                Direct();
                slope = DoubleVectors.Dot(_gradient, _direction);
            }

            if (!(slope <= -Tolerance))
                break;
            double trial = _hasBefore ? rate : Math.Min(1, 1 / Magnitudes(_gradient)) * rate, last = value;
            _gradient.CopyTo(_before, 0);
            _hasBefore = true;
            StrongWolfe search = new(objective, x, _direction);
            LinePoint found = search.Search(new LinePoint(0, value, _gradient, slope), trial);
            (_length, value) = (found.Length, found.Value);
            _gradient = [.. found.Gradient];
            DoubleVectors.AddScaled(x, _length, _direction);
            evaluations += search.Evaluations;
            if (evaluations >= MostEvaluations || DoubleVectors.LargestMagnitude(_direction) * _length <= Tolerance || Math.Abs(value - last) < Tolerance || stops())
                break;
        }

        return first;
    }

    // -H g by two loops over the pairs.
    private void Direct()
    {
        if (_hasBefore)
            Remember();
        DoubleVectors.Affine(_direction, _gradient, -1, 0);
        Span<double> shares = stackalloc double[Memory];
        for (int at = _pairs.Count - 1; at >= 0; at--)
        {
            shares[at] = DoubleVectors.Dot(_pairs[at].Step, _direction) * _pairs[at].Inverse;
            DoubleVectors.AddScaled(_direction, -shares[at], _pairs[at].Change);
        }

        DoubleVectors.Affine(_direction, _direction, _scale, 0);
        for (int at = 0; at < _pairs.Count; at++)
            DoubleVectors.AddScaled(_direction, shares[at] - DoubleVectors.Dot(_pairs[at].Change, _direction) * _pairs[at].Inverse, _pairs[at].Step);
    }

    private void Remember()
    {
        double[] step = new double[size], change = [.. _gradient];
        DoubleVectors.Affine(step, _direction, _length, 0);
        DoubleVectors.AddScaled(change, -1, _before);
        double curvature = DoubleVectors.Dot(change, step);
        if (!(curvature > Tolerance))
            return;
        if (_pairs.Count == Memory)
            _pairs.RemoveAt(0);
        _pairs.Add(new Pair(step, change, 1 / curvature));
        _scale = curvature / DoubleVectors.Dot(change, change);
    }

    private static double Magnitudes(double[] values)
    {
        double sum = 0;
        foreach (double value in values)
            sum += Math.Abs(value);
        return sum;
    }
}
