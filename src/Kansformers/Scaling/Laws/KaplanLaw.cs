namespace Kansformers.Scaling;

/// <summary>
/// L(N, D) = ((N₀/N)^(α/β) + D₀/D)^β, Kaplan et al. (2020), equation 1.5: one law of size and tokens that becomes (N₀/N)^α on much text and (D₀/D)^β in large
/// models. It has no irreducible part: all loss can be trained away.
/// </summary>
/// <param name="ParametersScale">N₀ (their N_c).</param>
/// <param name="TokensScale">D₀ (their D_c).</param>
/// <param name="Alpha">α (their α_N), the exponent of the sizes.</param>
/// <param name="Beta">β (their α_D), the exponent of the tokens.</param>
public sealed record KaplanLaw(double ParametersScale, double TokensScale, double Alpha, double Beta) : ScalingLaw
{
    /// <inheritdoc/>
    public override string Formula => "L = ((N₀/N)^(α/β) + D₀/D)^β";

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, double Value)> Coefficients => [("N₀", ParametersScale), ("D₀", TokensScale), ("α", Alpha), ("β", Beta)];

    /// <inheritdoc/>
    public override double Loss(LawInput input) =>
        Math.Pow(Math.Pow(ParametersScale / input.Parameters, Alpha / Beta) + (TokensScale / input.Tokens), Beta);

    /// <summary>Fits the law to runs by Huber's loss on the logarithm of the loss.</summary>
    /// <param name="points">The runs, of one kind of model: at least 5, of at least 3 sizes and 3 numbers of tokens.</param>
    /// <param name="options">How; Kaplan's own size is <see cref="ParameterCount.WithoutEmbeddings"/>. The optimizer is the grid of starts in any case.</param>
    /// <exception cref="KansformersException">The runs do not tell the coefficients apart, or one has no loss or size.</exception>
    public static LawFit<KaplanLaw> Fit(IReadOnlyList<ScalingPoint> points, FitOptions? options = null) => LawFitter.Fit(new KaplanForm(), points, options);
}
