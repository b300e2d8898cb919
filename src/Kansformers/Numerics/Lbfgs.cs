namespace Kansformers.Numerics;

/// <summary>A function of many variables with its gradient.</summary>
/// <param name="at">The variables.</param>
/// <param name="gradient">Is filled.</param>
/// <returns>The value; not finite where there is none.</returns>
internal delegate double Objective(ReadOnlySpan<double> at, Span<double> gradient);

/// <summary>
/// L-BFGS (Nocedal and Wright, "Numerical Optimization", algorithm 7.4) with a line search for the strong Wolfe conditions: in steps, as networks are fitted, or until
/// nothing is gained, as laws and formulas are.
/// </summary>
// Own code: docs/libraries.md compares it with MathNet.Numerics'.
internal sealed class Lbfgs(int size)
{
    private const int Memory = 10;

    // Of a step, which is pykan's: its tolerances of gradient, step and curvature are one number.
    private const int StepIterations = 20, StepEvaluations = 25;
    private const double Tolerance = 1e-32;

    // Of a way to the bottom: so many iterations in a row that gain next to nothing end it.
    private const int MostQuiet = 3;
    private const double FlatGradient = 1e-11, FlatStep = 1e-14;

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

    /// <summary>Takes one step as pykan counts them, at most 20 iterations or 25 evaluations. What is known of curvature is kept from step to step.</summary>
    /// <param name="objective">What is to become small.</param>
    /// <param name="x">The variables; changed to what was found, which is never worse and always a number.</param>
    /// <param name="rate">The first length that a line search tries.</param>
    /// <param name="stops">Asked between iterations.</param>
    /// <returns>The function's value before the step; not finite where it has none there, and nothing is done then.</returns>
    public double Step(Objective objective, double[] x, double rate, Func<bool> stops)
    {
        double first = Begin(objective, x), value = first;
        if (!double.IsFinite(first))
            return first;
        int evaluations = 1;
        for (int iteration = 1; iteration <= StepIterations && DoubleVectors.LargestMagnitude(_gradient) > Tolerance; iteration++)
        {
            double last = value;
            int asked = Move(objective, x, rate, ref value);
            evaluations += asked;
            if (asked == 0 || evaluations >= StepEvaluations || DoubleVectors.LargestMagnitude(_direction) * _length <= Tolerance || Math.Abs(value - last) < Tolerance || stops())
                break;
        }

        return first;
    }

    /// <summary>Goes downhill until the gradient is flat, or nothing more is gained.</summary>
    /// <param name="objective">What is to become small.</param>
    /// <param name="x">Where to begin; then the lowest point found.</param>
    /// <param name="iterations">The most iterations.</param>
    /// <returns>The value there; infinite where the function has none at the start.</returns>
    public double Minimize(Objective objective, double[] x, int iterations = 400)
    {
        Restart();
        double value = Begin(objective, x);
        if (!double.IsFinite(value))
            return double.PositiveInfinity;
        for (int iteration = 0, quiet = 0; iteration < iterations && quiet < MostQuiet && DoubleVectors.LargestMagnitude(_gradient) > FlatGradient; iteration++)
        {
            double last = value;
            bool steepest = !_hasBefore;
            if (Move(objective, x, 1, ref value) == 0 || !(value < last))
            {
                // What was remembered may mislead; steepest descent cannot.
                if (steepest)
                    break;
                Restart();
                continue;
            }

            quiet = last - value <= FlatStep * Math.Abs(last) ? quiet + 1 : 0;
        }

        return value;
    }

    // The value at x, and the gradient; NaN where that is no number.
    private double Begin(Objective objective, double[] x)
    {
        double value = objective(x, _gradient);
        return double.IsFinite(value) && !DoubleVectors.AllFinite(_gradient) ? double.NaN : value;
    }

    // One iteration. Returns how often the function was asked: never, where no way leads down.
    private int Move(Objective objective, double[] x, double rate, ref double value)
    {
        Direct();
        double slope = DoubleVectors.Dot(_gradient, _direction);
        if (!(slope <= -Tolerance) && _pairs.Count > 0)
        {
            Restart();
            Direct();
            slope = DoubleVectors.Dot(_gradient, _direction);
        }

        if (!(slope <= -Tolerance))
            return 0;
        double trial = _hasBefore ? rate : Math.Min(1, 1 / Magnitudes(_gradient)) * rate;
        _gradient.CopyTo(_before, 0);
        _hasBefore = true;
        StrongWolfe search = new(objective, x, _direction);
        LinePoint found = search.Search(new LinePoint(0, value, _gradient, slope), trial);
        (_length, value) = (found.Length, found.Value);
        _gradient = found.Gradient;
        DoubleVectors.AddScaled(x, _length, _direction);
        return search.Evaluations;
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
        if (!(curvature > Tolerance) || !double.IsFinite(1 / curvature))
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
