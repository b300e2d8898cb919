namespace Kansformers.Scaling;

/// <summary>A function of several numbers with its gradient.</summary>
/// <param name="at">Where.</param>
/// <param name="gradient">Takes the derivatives there.</param>
/// <returns>The value there; not finite where there is none.</returns>
internal delegate double Differentiable(ReadOnlySpan<double> at, Span<double> gradient);

/// <summary>
/// Minimises a smooth function of a few numbers by L-BFGS (Nocedal and Wright, "Numerical Optimization", algorithms 7.4, 7.5, 3.5 and 3.6): two loops over the
/// last steps make a direction, and a search along it ends where the strong Wolfe conditions hold.
/// </summary>
// Own code: docs/libraries.md compares it with MathNet.Numerics'.
internal sealed class Lbfgs(Differentiable function, int dimensions)
{
    private const int Memory = 8, MostIterations = 400, MostTrials = 30;
    private const double Decrease = 1e-4, Curvature = 0.9, FlatGradient = 1e-11, FlatStep = 1e-14;

    private readonly double[][] _steps = Rows(Memory, dimensions), _changes = Rows(Memory, dimensions);
    private readonly double[] _inverses = new double[Memory], _weights = new double[Memory];
    private readonly double[] _direction = new double[dimensions], _gradient = new double[dimensions];
    private readonly double[] _trial = new double[dimensions], _trialGradient = new double[dimensions];
    private int _kept;

    /// <summary>Goes downhill from a point.</summary>
    /// <param name="at">Where to begin; then the lowest point found.</param>
    /// <returns>The value there; infinite where the function has none at the start.</returns>
    public double Minimize(double[] at)
    {
        _kept = 0;
        double value = function(at, _gradient);
        if (!double.IsFinite(value))
            return double.PositiveInfinity;
        for (int iteration = 0, quiet = 0; iteration < MostIterations && quiet < 3; iteration++)
        {
            if (Largest(_gradient) <= FlatGradient)
                break;
            SetDirection();
            double slope = Dot(_gradient, _direction);
            if (slope >= 0)
            {
                // What was remembered misleads; steepest descent cannot.
                _kept = 0;
                SetDirection();
                slope = Dot(_gradient, _direction);
            }

            double first = _kept == 0 ? Math.Min(1, 1 / Largest(_gradient)) : 1;
            double reached = Search(at, value, slope, first);
            if (!(reached < value))
            {
                if (_kept == 0)
                    break;
                _kept = 0;
                continue;
            }

            quiet = value - reached <= FlatStep * Math.Abs(value) ? quiet + 1 : 0;
            Remember(at);
            value = reached;
            _trial.CopyTo(at, 0);
            _trialGradient.CopyTo(_gradient, 0);
        }

        return value;
    }

    // The direction −H g, H being what the remembered steps say of the inverse Hessian.
    private void SetDirection()
    {
        for (int i = 0; i < dimensions; i++)
            _direction[i] = -_gradient[i];
        for (int k = 0; k < _kept; k++)
        {
            _weights[k] = _inverses[k] * Dot(_steps[k], _direction);
            Add(_direction, _changes[k], -_weights[k]);
        }

        if (_kept > 0)
        {
            double scale = 1 / (_inverses[0] * Dot(_changes[0], _changes[0]));
            for (int i = 0; i < dimensions; i++)
                _direction[i] *= scale;
        }

        for (int k = _kept - 1; k >= 0; k--)
            Add(_direction, _steps[k], _weights[k] - (_inverses[k] * Dot(_changes[k], _direction)));
    }

    // The newest step stands first; a step along which the gradient did not grow says nothing of a minimum.
    private void Remember(double[] from)
    {
        int last = Memory - 1;
        (double[] step, double[] change) = (_steps[last], _changes[last]);
        for (int i = 0; i < dimensions; i++)
            (step[i], change[i]) = (_trial[i] - from[i], _trialGradient[i] - _gradient[i]);
        double product = Dot(step, change);
        if (!(product > 1e-300) || !double.IsFinite(1 / product))
            return;
        for (int k = last; k > 0; k--)
            (_steps[k], _changes[k], _inverses[k]) = (_steps[k - 1], _changes[k - 1], _inverses[k - 1]);
        (_steps[0], _changes[0], _inverses[0]) = (step, change, 1 / product);
        _kept = Math.Min(_kept + 1, Memory);
    }

    // Bisects, and doubles as long as the function falls on; leaves the trial point and its gradient where the conditions hold, or where it was lowest.
    private double Search(double[] from, double value, double slope, double step)
    {
        double low = 0, high = double.PositiveInfinity, best = double.PositiveInfinity, bestStep = 0;
        for (int trial = 0; trial < MostTrials; trial++)
        {
            (double reached, double there) = Try(from, step);
            if (reached < best)
                (best, bestStep) = (reached, step);
            if (!(reached <= value + (Decrease * step * slope)))
                high = step;
            else if (there < Curvature * slope)
                low = step;
            else if (there > -Curvature * slope)
                high = step;
            else
                return reached;
            step = double.IsInfinity(high) ? 2 * step : 0.5 * (low + high);
        }

        return bestStep > 0 ? Try(from, bestStep).Value : double.PositiveInfinity;
    }

    private (double Value, double Slope) Try(double[] from, double step)
    {
        for (int i = 0; i < dimensions; i++)
            _trial[i] = from[i] + (step * _direction[i]);
        double value = function(_trial, _trialGradient);
        return double.IsFinite(value) ? (value, Dot(_trialGradient, _direction)) : (double.PositiveInfinity, 0);
    }

    private static double[][] Rows(int count, int length) => [.. Enumerable.Range(0, count).Select(_ => new double[length])];

    private static double Largest(double[] values)
    {
        double largest = 0;
        foreach (double value in values)
            largest = Math.Max(largest, Math.Abs(value));
        return largest;
    }

    private static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }

    private static void Add(double[] to, double[] values, double factor)
    {
        for (int i = 0; i < to.Length; i++)
            to[i] += factor * values[i];
    }
}
