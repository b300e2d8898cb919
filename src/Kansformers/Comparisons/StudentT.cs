namespace Kansformers.Comparisons;

/// <summary>Student's t distribution with a whole number of degrees of freedom.</summary>
internal static class StudentT
{
    /// <summary>
    /// The probability that |T| is at least |t|, by the finite sums that the distribution has for whole degrees of freedom (Abramowitz and Stegun,
    /// "Handbook of Mathematical Functions", 26.7.3 and 26.7.4).
    /// </summary>
    /// <param name="t">The statistic; infinite gives 0, NaN gives NaN.</param>
    /// <param name="degrees">The degrees of freedom, at least 1.</param>
    public static double TwoSided(double t, int degrees)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(degrees, 1);
        if (double.IsNaN(t))
            return double.NaN;
        double angle = Math.Atan2(Math.Abs(t), Math.Sqrt(degrees));
        double cosine = Math.Cos(angle), square = cosine * cosine;

        // 1 + 2/3 cos^2 + 2·4/(3·5) cos^4 + ... for odd degrees, 1 + 1/2 cos^2 + 1·3/(2·4) cos^4 + ... for even ones.
        bool odd = degrees % 2 == 1;
        double term = 1, sum = degrees == 1 ? 0 : 1;
        for (int above = odd ? 2 : 1; above <= degrees - 3; above += 2)
        {
            term *= square * above / (above + 1);
            sum += term;
        }

        double within = odd ? 2 / Math.PI * (angle + (Math.Sin(angle) * cosine * sum)) : Math.Sin(angle) * sum;
        return Math.Clamp(1 - within, 0, 1);
    }
}
