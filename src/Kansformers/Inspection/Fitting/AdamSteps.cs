using Kansformers.Numerics;

namespace Kansformers.Inspection;

/// <summary>Adam (Kingma and Ba, 2015) on a vector, with bias correction.</summary>
internal sealed class AdamSteps(int size)
{
    private const double Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8;

    private readonly double[] _mean = new double[size], _square = new double[size], _gradient = new double[size];
    private int _steps;

    /// <summary>Takes one step.</summary>
    /// <returns>Whether there was a gradient to take it by: all numbers.</returns>
    public bool Step(Objective objective, double[] x, double rate)
    {
        if (!double.IsFinite(objective(x, _gradient)) || !DoubleVectors.AllFinite(_gradient))
            return false;
        _steps++;
        double ofMean = 1 - Math.Pow(Beta1, _steps), ofSquare = 1 - Math.Pow(Beta2, _steps);
        for (int at = 0; at < x.Length; at++)
        {
            double gradient = _gradient[at];
            _mean[at] += (1 - Beta1) * (gradient - _mean[at]);
            _square[at] += (1 - Beta2) * (gradient * gradient - _square[at]);
            x[at] -= rate * (_mean[at] / ofMean) / (Math.Sqrt(_square[at] / ofSquare) + Epsilon);
        }

        return true;
    }
}
