namespace Kansformers.Inspection;

/// <summary>For each frequency the phase that fits best: of sine and cosine together by linear regression.</summary>
internal static class CurveFrequencies
{
    private const double Step = 0.25;
    private const int PartSize = 5;

    public static IEnumerable<IEnumerable<(double Alpha, double Beta)>> Parts(EdgeFunction function, CurveSamples samples, double fastest)
    {
        // sin or cos: which phase is that of f itself?
        double own = function.Value(0) > 0.5 ? Math.PI / 2 : 0;
        List<double> frequencies = [0.05, 0.1, 0.17];
        for (double frequency = Step; frequency <= fastest; frequency += Step)
            frequencies.Add(frequency);
        foreach (double[] part in frequencies.Chunk(PartSize))
            yield return part.Select(frequency => (frequency, Phase(samples, frequency) - own));
    }

    // p sin(α u) + q cos(α u) + s = C sin(α u + φ) + s.
    private static double Phase(CurveSamples samples, double frequency)
    {
        int count = samples.U.Length;
        (double sines, double cosines, double ss, double sc, double cc, double sv, double cv) = (0, 0, 0, 0, 0, 0, 0);
        for (int at = 0; at < count; at++)
        {
            (double sine, double cosine) = Math.SinCos(frequency * samples.U[at]);
            double v = samples.V[at];
            sines += sine;
            cosines += cosine;
            ss += sine * sine;
            sc += sine * cosine;
            cc += cosine * cosine;
            sv += sine * v;
            cv += cosine * v;
        }

        (ss, sc, cc) = (ss - sines * sines / count, sc - sines * cosines / count, cc - cosines * cosines / count);
        double determinant = ss * cc - sc * sc;
        return determinant <= 1e-12 * ss * cc ? 0 : Math.Atan2(ss * cv - sc * sv, cc * sv - sc * cv);
    }
}
