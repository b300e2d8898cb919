namespace Kansformers.Scaling;

/// <summary>The law of Chinchilla with free numbers (log A', log B', log E, α, β), A' and B' being the terms at the mean size and number of tokens.</summary>
internal sealed class ChinchillaForm : LawForm<ChinchillaLaw>
{
    private const double TiedTogether = 0.999;

    public override int Coefficients => 5;

    public override (double First, double Second) Variables(LawInput run) => (run.Parameters, run.Tokens);

    public override double LogLoss(ReadOnlySpan<double> at, double u, double v, Span<double> gradient)
    {
        double loss = LogSum(at[0] - (at[3] * u), at[1] - (at[4] * v), at[2], out (double Size, double Tokens, double Always) share);
        (gradient[0], gradient[1], gradient[2]) = (share.Size, share.Tokens, share.Always);
        (gradient[3], gradient[4]) = (-u * share.Size, -v * share.Tokens);
        return loss;
    }

    /// <summary>The 4500 starts of the published fits: α and β 0 to 2, log E −1 to 1 by halves, log A and log B 0 to 25 by fives.</summary>
    public override IEnumerable<double[]> Starts(LawData data)
    {
        for (int alpha = 0; alpha < 5; alpha++)
        for (int beta = 0; beta < 5; beta++)
        for (int e = -2; e <= 2; e++)
        for (int a = 0; a < 6; a++)
        for (int b = 0; b < 6; b++)
            yield return [(5 * a) - (0.5 * alpha * data.Centre.U), (5 * b) - (0.5 * beta * data.Centre.V), 0.5 * e, 0.5 * alpha, 0.5 * beta];
    }

    public override ChinchillaLaw Law(ReadOnlySpan<double> at, LawData data) => new(
        Math.Exp(at[2]), Math.Exp(at[0] + (at[3] * data.Centre.U)), Math.Exp(at[1] + (at[4] * data.Centre.V)), at[3], at[4]);

    public override void Require(LawData data)
    {
        if (data.Count <= Coefficients)
            throw new KansformersException($"there are {data.Count} runs; E + A/N^α + B/D^β has {Coefficients} coefficients and needs at least {Coefficients + 1} runs");
        RequireThreeOfEach(data, "E + A/N^α + B/D^β");
        if (Math.Abs(Correlation(data.U, data.V)) > TiedTogether)
            throw new KansformersException("the tokens follow from the size in every run, so that what size and what tokens do cannot be told apart; train some sizes on other numbers of tokens");
    }

    // The variables are centred.
    private static double Correlation(double[] u, double[] v)
    {
        (double uu, double vv, double uv) = (0, 0, 0);
        for (int i = 0; i < u.Length; i++)
            (uu, vv, uv) = (uu + (u[i] * u[i]), vv + (v[i] * v[i]), uv + (u[i] * v[i]));
        return uv / Math.Sqrt(uu * vv);
    }
}
