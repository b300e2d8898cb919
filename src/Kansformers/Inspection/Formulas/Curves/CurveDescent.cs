namespace Kansformers.Inspection;

/// <summary>Improves α and β by Levenberg's and Marquardt's damped steps. Steps out of the domain, to no number or to a worse fit are not taken, only shortened.</summary>
internal static class CurveDescent
{
    private const double FirstDamping = 1e-3, LeastDamping = 1e-12, MostDamping = 1e12;

    /// <summary>Goes down from a start.</summary>
    /// <param name="function">The function.</param>
    /// <param name="match">It against the samples.</param>
    /// <param name="from">The start.</param>
    /// <param name="steps">The most steps.</param>
    /// <param name="leastGain">The share of the loss that a step must take off for another to follow; a function that is the right one takes off nearly all.</param>
    public static CurveStart Run(EdgeFunction function, CurveMatch match, CurveStart from, int steps, double leastGain)
    {
        if (function.Search is CurveSearch.Line or CurveSearch.Step)
            return from;
        (double alpha, double beta, double loss) = (from.Alpha, from.Beta, match.Loss(from.Alpha, from.Beta));
        double damping = FirstDamping;
        for (int step = 0; step < steps && loss > 0; step++)
        {
            (double aa, double ab, double bb, double ar, double br) = match.Equations(alpha, beta);
            if (function.Search == CurveSearch.Shift)
                (aa, ab, ar) = (0, 0, 0);
            else if (function.Search == CurveSearch.Scale)
                (bb, ab, br) = (0, 0, 0);
            if (!double.IsFinite(aa + bb + ar + br) || (ar == 0 && br == 0))
                break;
            double before = loss;
            for (; damping <= MostDamping; damping *= 8)
            {
                (double alphaStep, double betaStep) = Step(aa, ab, bb, ar, br, damping);
                double next = match.Loss(alpha + alphaStep, beta + betaStep);
                if (next < loss)
                {
                    (alpha, beta, loss, damping) = (alpha + alphaStep, beta + betaStep, next, Math.Max(damping / 20, LeastDamping));
                    break;
                }
            }

            if (damping > MostDamping || before - loss <= leastGain * before)
                break;
            match.Loss(alpha, beta); // the equations are those of the last loss
        }

        return new CurveStart(alpha, beta, loss);
    }

    private static (double Alpha, double Beta) Step(double aa, double ab, double bb, double ar, double br, double damping)
    {
        (double first, double second) = (aa * (1 + damping), bb * (1 + damping));
        if (first == 0)
            return (0, second == 0 ? 0 : br / second);
        if (second == 0)
            return (ar / first, 0);
        double determinant = first * second - ab * ab;
        return ((ar * second - br * ab) / determinant, (br * first - ar * ab) / determinant);
    }
}
