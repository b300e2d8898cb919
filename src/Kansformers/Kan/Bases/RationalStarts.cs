namespace Kansformers.Kan;

/// <summary>
/// Coefficients of functions to begin with. Their denominators have even powers with coefficients above zero only, so that both forms of denominator agree on
/// them. Fitted for this library, least largest error on [-6, 6].
/// </summary>
internal static class RationalStarts
{
    private static readonly float[] SiluNumerator = [8.9804244e-5f, 0.5f, 0.24972327f, 0.052043258f, 0.0053191662f, 0.00022143034f];
    private static readonly float[] SiluDenominator = [0, 0.10408652f, 0, 0.00044286067f];
    private static readonly float[] GeluNumerator = [-0.0030844775f, 0.5f, 0.4175188f, 0.12293452f, 0.014934237f, 0.00061638789f];
    private static readonly float[] GeluDenominator = [0, 0.24586905f, 0, 0.0012327758f];

    // x Q(x) over Q(x): the denominator may be anything.
    private static readonly float[] IdentityNumerator = [0, 1, 0, 0.1f, 0, 0.001f];
    private static readonly float[] IdentityDenominator = [0, 0.1f, 0, 0.001f];

    /// <summary>Whether functions of such degrees can be what the tables hold.</summary>
    public static bool Reaches(int numeratorDegree, int denominatorDegree) => numeratorDegree >= 5 && denominatorDegree >= 4;

    /// <summary>The coefficients for such degrees; degrees too low for the table get the identity.</summary>
    /// <returns>The numerator from the constant on, the denominator from the linear coefficient on.</returns>
    public static (float[] Numerator, float[] Denominator) Of(RationalStart start, int numeratorDegree, int denominatorDegree)
    {
        float[] p = new float[numeratorDegree + 1], q = new float[denominatorDegree];
        if (!Reaches(numeratorDegree, denominatorDegree))
        {
            p[1] = 1;
            return (p, q);
        }

        (float[] numerator, float[] denominator) = start switch
        {
            RationalStart.Identity => (IdentityNumerator, IdentityDenominator),
            RationalStart.Gelu => (GeluNumerator, GeluDenominator),
            _ => (SiluNumerator, SiluDenominator),
        };
        numerator.CopyTo(p, 0);
        denominator.CopyTo(q, 0);
        return (p, q);
    }
}
