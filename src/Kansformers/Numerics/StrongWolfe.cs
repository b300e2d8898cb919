namespace Kansformers.Numerics;

/// <summary>A point of a line search: how far along, the function there, its gradient and its slope along the line.</summary>
internal sealed record LinePoint(double Length, double Value, double[] Gradient, double Slope);

/// <summary>
/// A line search for a point that is low enough and flat enough (Nocedal and Wright, algorithms 3.5 and 3.6, with cubic interpolation; the safeguards are those of minFunc,
/// which torch and pykan follow). Where the function is no number it counts as infinitely high.
/// </summary>
internal sealed class StrongWolfe(Objective objective, double[] start, double[] direction)
{
    private const double Decrease = 1e-4, Flatness = 0.9, Narrowest = 1e-9;
    private const int Most = 25;

    private readonly double[] _at = new double[start.Length];

    /// <summary>How often the function was asked.</summary>
    public int Evaluations { get; private set; }

    /// <summary>Searches.</summary>
    /// <param name="origin">The point of length 0, whose slope is negative.</param>
    /// <param name="trial">The length to try first.</param>
    /// <returns>The best point; the origin where none is lower.</returns>
    public LinePoint Search(LinePoint origin, double trial)
    {
        LinePoint previous = origin, point = Evaluate(trial);
        int tries = 0;
        for (; tries < Most; tries++)
        {
            if (TooHigh(origin, point) || (tries > 1 && point.Value >= previous.Value))
                return Narrow(origin, previous, point, tries);
            if (FlatEnough(origin, point))
                return point;
            if (point.Slope >= 0)
                return Narrow(origin, previous, point, tries);
            double next = Between(previous, point, point.Length + 0.01 * (point.Length - previous.Length), point.Length * 10);
            (previous, point) = (point, Evaluate(next));
        }

        return Lower(origin, point);
    }

    // Between two points there is one that does; the bracket around it shrinks.
    private LinePoint Narrow(LinePoint origin, LinePoint first, LinePoint second, int tries)
    {
        bool slow = false;
        double size = DoubleVectors.LargestMagnitude(direction);
        LinePoint low = first.Value <= second.Value ? first : second, high = ReferenceEquals(low, first) ? second : first;
        for (; tries < Most; tries++)
        {
            (double left, double right) = (Math.Min(low.Length, high.Length), Math.Max(low.Length, high.Length));
            if ((right - left) * size < Narrowest)
                break;
            double next = Between(first, second, left, right), margin = 0.1 * (right - left);
            if (Math.Min(right - next, next - left) < margin)
            {
                // Near an end twice, or at one: a tenth of the bracket inside.
                if (slow || next >= right || next <= left)
                {
                    next = Math.Abs(next - right) < Math.Abs(next - left) ? right - margin : left + margin;
                    slow = false;
                }
                else
                {
                    slow = true;
                }
            }
            else
            {
                slow = false;
            }

            LinePoint point = Evaluate(next);
            bool lowIsFirst = ReferenceEquals(low, first);
            if (TooHigh(origin, point) || point.Value >= low.Value)
            {
                (first, second) = lowIsFirst ? (first, point) : (point, second);
                low = first.Value <= second.Value ? first : second;
                high = ReferenceEquals(low, first) ? second : first;
                continue;
            }

            if (FlatEnough(origin, point))
                return point;
            if (point.Slope * (high.Length - low.Length) >= 0)
                high = low;
            low = point;
            (first, second) = lowIsFirst ? (low, high) : (high, low);
        }

        return Lower(origin, low);
    }

    private LinePoint Evaluate(double length)
    {
        start.CopyTo(_at, 0);
        DoubleVectors.AddScaled(_at, length, direction);
        double[] gradient = new double[_at.Length];
        double value = objective(_at, gradient);
        Evaluations++;
        double slope = DoubleVectors.Dot(gradient, direction);
        return double.IsFinite(value) && double.IsFinite(slope) && DoubleVectors.AllFinite(gradient)
            ? new LinePoint(length, value, gradient, slope) : new LinePoint(length, double.PositiveInfinity, gradient, 0);
    }

    private static bool TooHigh(LinePoint origin, LinePoint point) => point.Value > origin.Value + Decrease * point.Length * origin.Slope;

    private static bool FlatEnough(LinePoint origin, LinePoint point) => Math.Abs(point.Slope) <= -Flatness * origin.Slope;

    private static LinePoint Lower(LinePoint origin, LinePoint point) => point.Value <= origin.Value ? point : origin;

    // Where the cubic through both points, with their slopes, is lowest; the middle where it has no such place.
    private static double Between(LinePoint a, LinePoint b, double low, double high)
    {
        if (double.IsInfinity(a.Value) || double.IsInfinity(b.Value))
            return (low + high) / 2;
        double slopes = a.Slope + b.Slope - 3 * (a.Value - b.Value) / (a.Length - b.Length), square = slopes * slopes - a.Slope * b.Slope;
        if (!(square >= 0))
            return (low + high) / 2;
        double root = Math.Sqrt(square);
        double at = a.Length <= b.Length
            ? b.Length - (b.Length - a.Length) * ((b.Slope + root - slopes) / (b.Slope - a.Slope + 2 * root))
            : a.Length - (a.Length - b.Length) * ((a.Slope + root - slopes) / (a.Slope - b.Slope + 2 * root));
        return double.IsNaN(at) ? (low + high) / 2 : Math.Min(Math.Max(at, low), high);
    }
}
