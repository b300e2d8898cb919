namespace Kansformers.Scaling;

/// <summary>Kaplan's joint law with free numbers (p, q, α, log β): log L = β log(e^(p − (α/β)u) + e^(q − v)), p and q being the two terms at the means.</summary>
internal sealed class KaplanForm : LawForm<KaplanLaw>
{
    public override int Coefficients => 4;

    public override (double First, double Second) Variables(LawInput run) => (run.Parameters, run.Tokens);

    public override double LogLoss(ReadOnlySpan<double> at, double u, double v, Span<double> gradient)
    {
        double alpha = at[2], beta = Math.Exp(at[3]), ratio = alpha / beta;
        double sum = LogSum(at[0] - (ratio * u), at[1] - v, double.NegativeInfinity, out (double Size, double Tokens, double) share);
        (gradient[0], gradient[1]) = (beta * share.Size, beta * share.Tokens);
        gradient[2] = -u * share.Size;
        gradient[3] = (beta * sum) + (alpha * u * share.Size); // by log β
        return beta * sum;
    }

    /// <summary>Both exponents from a thirtieth to 1; the two terms equal at the means, or one ten times the other; their sum the mean loss.</summary>
    public override IEnumerable<double[]> Starts(LawData data)
    {
        double mean = data.LogLosses.Average();
        double[] exponents = [0.03, 0.1, 0.3, 1], parts = [1 / 11.0, 0.5, 10 / 11.0];
        foreach (double alpha in exponents)
        foreach (double beta in exponents)
        foreach (double part in parts)
            yield return [(mean / beta) + Math.Log(part), (mean / beta) + Math.Log(1 - part), alpha, Math.Log(beta)];
    }

    public override KaplanLaw Law(ReadOnlySpan<double> at, LawData data)
    {
        double alpha = at[2], beta = Math.Exp(at[3]);
        return new KaplanLaw(Math.Exp((at[0] * beta / alpha) + data.Centre.U), Math.Exp(at[1] + data.Centre.V), alpha, beta);
    }

    public override void Require(LawData data)
    {
        if (data.Count <= Coefficients)
            throw new KansformersException($"there are {data.Count} runs; Kaplan's law of size and tokens has {Coefficients} coefficients and needs at least {Coefficients + 1} runs");
        RequireThreeOfEach(data, "Kaplan's law");
    }
}
