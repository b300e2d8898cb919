namespace Kansformers.Scaling;

/// <summary>
/// L(N, D) = E + A/N^α + B/D^β (Hoffmann et al. 2022, "Training Compute-Optimal Large Language Models", approach 3): what no model of the text can foresee, what a
/// model of N parameters lacks, and what it lacks for having read D tokens alone.
/// </summary>
/// <param name="E">The irreducible loss, in nats per token.</param>
/// <param name="A">The factor of the sizes.</param>
/// <param name="B">The factor of the tokens.</param>
/// <param name="Alpha">The exponent of the sizes.</param>
/// <param name="Beta">The exponent of the tokens.</param>
public sealed record ChinchillaLaw(double E, double A, double B, double Alpha, double Beta) : ScalingLaw
{
    /// <inheritdoc/>
    public override string Formula => "L = E + A/N^α + B/D^β";

    /// <summary>a = β/(α + β): the best size grows as C^a.</summary>
    public double ParametersExponent => Beta / (Alpha + Beta);

    /// <summary>b = α/(α + β): the best number of tokens grows as C^b.</summary>
    public double TokensExponent => Alpha / (Alpha + Beta);

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, double Value)> Coefficients =>
        [("E", E), ("A", A), ("B", B), ("α", Alpha), ("β", Beta), ("a = β/(α+β)", ParametersExponent), ("b = α/(α+β)", TokensExponent)];

    /// <inheritdoc/>
    public override double Loss(LawInput input) => E + (A * Math.Pow(input.Parameters, -Alpha)) + (B * Math.Pow(input.Tokens, -Beta));

    /// <summary>
    /// The size that a budget is best spent on, N = G (C/k)^a with G = (αA/(βB))^(1/(α+β)): the minimum of L(N, C/(kN)).
    /// </summary>
    /// <param name="flops">The budget C, in operations.</param>
    /// <param name="perParameterToken">The operations k for each parameter and token; 6 for linear layers, other for KAN layers.</param>
    public double OptimalParameters(double flops, double perParameterToken = 6) =>
        Math.Exp((Math.Log(Alpha * A / (Beta * B)) / (Alpha + Beta)) + (ParametersExponent * Math.Log(flops / perParameterToken)));

    /// <summary>The tokens that a budget is best spent on, C/(kN) with the best size N.</summary>
    /// <param name="flops">The budget C, in operations.</param>
    /// <param name="perParameterToken">The operations k for each parameter and token.</param>
    public double OptimalTokens(double flops, double perParameterToken = 6) => flops / perParameterToken / OptimalParameters(flops, perParameterToken);

    /// <summary>The lowest loss that a budget buys.</summary>
    /// <param name="flops">The budget C, in operations.</param>
    /// <param name="perParameterToken">The operations k for each parameter and token.</param>
    public double OptimalLoss(double flops, double perParameterToken = 6) =>
        Loss(new LawInput(OptimalParameters(flops, perParameterToken), OptimalTokens(flops, perParameterToken), flops));

    /// <summary>Fits the law to runs by Huber's loss on the logarithm of the loss.</summary>
    /// <param name="points">The runs, of one kind of model: at least 6, of at least 3 sizes and 3 numbers of tokens.</param>
    /// <param name="options">How; the defaults are those of the published refit (Besiroglu et al. 2024).</param>
    /// <exception cref="KansformersException">The runs do not tell the coefficients apart, or one has no loss or size.</exception>
    public static LawFit<ChinchillaLaw> Fit(IReadOnlyList<ScalingPoint> points, FitOptions? options = null) => LawFitter.Fit(new ChinchillaForm(), points, options);
}
