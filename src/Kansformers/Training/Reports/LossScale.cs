using Kansformers.Pictures;

namespace Kansformers.Training;

/// <summary>The plot's two axes: which steps and losses are shown, and where in the picture they lie.</summary>
internal sealed class LossScale
{
    public const double Left = 84, Right = 932, Top = 116, Bottom = 474;

    // Room between the plot's edges and the first and last points, so that their marks are whole.
    private const double Padding = 10;

    // Beyond this a loss is no loss: it is cut off and has no say in the axis.
    private const double Absurd = 1e12;

    private readonly double _lowStep, _highStep;

    public LossScale(LossCurve curve, double[] smoothed)
    {
        (_lowStep, _highStep) = Steps(curve);
        if (_lowStep < _highStep)
        {
            StepTicks = NiceTicks.Inside(_lowStep, _highStep, 8, smallestStep: 1);
        }
        else
        {
            // A single point stands in the middle.
            StepTicks = new NiceTicks(1, _lowStep, 1);
            (_lowStep, _highStep) = (_lowStep - 1, _highStep + 1);
        }

        (double low, double high) = Losses(curve, smoothed);
        LossTicks = NiceTicks.Around(low, high, 6);
        CutOff = curve.Train.Concat(curve.Validation).Any(point => double.IsFinite(point.Loss) && point.Loss > LossTicks.Last + (1e-9 * LossTicks.Step));
    }

    public NiceTicks StepTicks { get; }

    public NiceTicks LossTicks { get; }

    /// <summary>Whether some losses are so far above the rest that they are not shown.</summary>
    public bool CutOff { get; }

    public double X(double step) => Left + Padding + ((step - _lowStep) / (_highStep - _lowStep) * (Right - Left - (2 * Padding)));

    /// <summary>Whether a loss lies within the plot.</summary>
    public bool Shows(double loss) => double.IsFinite(loss) && Y(loss) is >= Top - 0.5 and <= Bottom + 0.5;

    /// <summary>The height of a loss; what lies far outside is brought near, since drawing programs fail on huge coordinates.</summary>
    public double Y(double loss)
    {
        double share = (loss - LossTicks.First) / (LossTicks.Last - LossTicks.First);
        return Bottom - (Math.Clamp(share, -1, 2) * (Bottom - Top));
    }

    private static (double Low, double High) Steps(LossCurve curve)
    {
        double low = double.MaxValue, high = double.MinValue;
        foreach (LossPoint point in curve.Train.Concat(curve.Validation))
            (low, high) = (Math.Min(low, point.Step), Math.Max(high, point.Step));
        if (low > high)
            return (0, 1);

        // A run that starts near 0 shows 0.
        return (low > 0 && low < 0.1 * high ? 0 : low, high);
    }

    private static (double Low, double High) Losses(LossCurve curve, double[] smoothed)
    {
        double[] raw = [.. curve.Train.Select(point => point.Loss).Where(Sane)];
        Array.Sort(raw);
        double[] curves = [.. smoothed.Where(Sane), .. curve.Validation.Select(point => point.Loss).Where(Sane)];
        if (curves.Length == 0)
            return (0, 1);

        double first = curves[0], last = Math.Max(curves[^1], first);
        Array.Sort(curves);
        double low = curves[0], high = curves[^1], median = curves[curves.Length / 2];
        if (raw.Length > 0)
        {
            low = Math.Min(low, raw[0]);
            high = Math.Max(high, raw[(int)(0.998 * (raw.Length - 1))]);
        }

        // Spikes far above everything would flatten the curve; the first and the last values are always shown.
        high = Math.Min(high, Math.Max(1.05 * Math.Max(first, last), median + (20 * (median - low))));
        double margin = Math.Max(0.02 * (high - low), 0.01 * Math.Max(1e-3, Math.Abs(high)));
        bool atZero = low >= 0 && low - margin < 0;
        return (atZero ? 0 : low - margin, high + margin);
    }

    private static bool Sane(double loss) => Math.Abs(loss) < Absurd;
}
