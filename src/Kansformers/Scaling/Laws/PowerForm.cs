namespace Kansformers.Scaling;

/// <summary>A power law with free numbers (log of the part that falls, at the mean of x; α; perhaps log E).</summary>
internal sealed class PowerForm(ScalingVariable variable, bool irreducible) : LawForm<PowerLaw>
{
    public override int Coefficients => irreducible ? 3 : 2;

    public override (double First, double Second) Variables(LawInput run) => (PowerLaw.Of(run, variable), 1);

    public override double LogLoss(ReadOnlySpan<double> at, double u, double v, Span<double> gradient)
    {
        double power = at[0] - (at[1] * u);
        if (!irreducible)
        {
            (gradient[0], gradient[1]) = (1, -u);
            return power;
        }

        double loss = LogSum(power, at[2], double.NegativeInfinity, out (double Power, double Always, double) share);
        (gradient[0], gradient[1], gradient[2]) = (share.Power, -u * share.Power, share.Always);
        return loss;
    }

    /// <summary>Exponents from a twentieth to 2; of the mean loss, a tenth to nine tenths irreducible.</summary>
    public override IEnumerable<double[]> Starts(LawData data)
    {
        double mean = data.LogLosses.Average();
        foreach (double exponent in new[] { 0.05, 0.1, 0.2, 0.5, 1, 2 })
        {
            if (!irreducible)
                yield return [mean, exponent];
            else
                foreach (double part in new[] { 0.1, 0.3, 0.5, 0.7, 0.9 })
                    yield return [mean + Math.Log(1 - part), exponent, mean + Math.Log(part)];
        }
    }

    public override PowerLaw Law(ReadOnlySpan<double> at, LawData data) =>
        new(variable, irreducible ? Math.Exp(at[2]) : 0, Math.Exp((at[0] / at[1]) + data.Centre.U), at[1]) { HasIrreducible = irreducible };

    public override void Require(LawData data)
    {
        string what = variable switch { ScalingVariable.Parameters => "sizes", ScalingVariable.Tokens => "numbers of tokens", _ => "budgets" };
        int values = LawData.Distinct(data.U);
        if (data.Count < 2 * Coefficients)
            throw new KansformersException($"there are {data.Count} runs for a power law of {what}; it has {Coefficients} coefficients and needs at least {2 * Coefficients} runs");
        int least = irreducible ? 4 : 3; // one more than coefficients, or any loss would do
        if (values < least)
            throw new KansformersException($"the runs have {values} different {what}; a power law {(irreducible ? "with an irreducible part " : "")}needs at least {least}{(irreducible && values == 3 ? ": fit it without that part, which 3 suffice for" : "")}");
    }
}
