namespace Kansformers.Inspection;

/// <summary>The step that fits best, found exactly: for each place between two samples the means on both sides tell what is left.</summary>
internal static class CurveStep
{
    public static CurveStart Best(CurveMatch match, CurveSamples samples)
    {
        (double[] u, double[] v) = ((double[])samples.U.Clone(), (double[])samples.V.Clone());
        Array.Sort(u, v);
        (double below, double bestGain, double place) = (0, 0, double.NaN);
        for (int at = 1; at < u.Length; at++)
        {
            below += v[at - 1];
            // V has mean 0, so the sums on both sides are opposite; their squares over the counts are what the step explains.
            double gain = below * below * (1.0 / at + 1.0 / (u.Length - at));
            double middle = (u[at - 1] + u[at]) / 2;
            if (gain > bestGain && u[at] > middle && u[at - 1] < middle)
                (bestGain, place) = (gain, middle);
        }

        return double.IsNaN(place) ? new CurveStart(1, 0, 1) : new CurveStart(1, -place, match.Loss(1, -place));
    }
}
