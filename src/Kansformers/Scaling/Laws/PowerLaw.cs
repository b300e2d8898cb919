namespace Kansformers.Scaling;

/// <summary>What a power law is one of.</summary>
public enum ScalingVariable
{
    /// <summary>The parameters N, of models that read enough.</summary>
    Parameters,

    /// <summary>The tokens D, of models that are large enough.</summary>
    Tokens,

    /// <summary>The operations C, of the best model that each budget allows.</summary>
    Flops,
}

/// <summary>
/// L(x) = E + (x₀/x)^α, with or without the irreducible E: the loss by size, tokens or operations alone, where the other two do not hold it up (Kaplan et al. 2020,
/// "Scaling Laws for Neural Language Models", equations 1.1 to 1.3, which have no E).
/// </summary>
/// <param name="Variable">What x is.</param>
/// <param name="E">The irreducible loss, in nats per token; 0 where the law has none.</param>
/// <param name="Scale">x₀, where the part that falls is 1.</param>
/// <param name="Exponent">α, how fast it falls.</param>
public sealed record PowerLaw(ScalingVariable Variable, double E, double Scale, double Exponent) : ScalingLaw
{
    private string Symbol => Variable switch { ScalingVariable.Parameters => "N", ScalingVariable.Tokens => "D", _ => "C" };

    /// <summary>Whether the law has an irreducible part.</summary>
    public bool HasIrreducible { get; init; }

    /// <inheritdoc/>
    public override string Formula => HasIrreducible ? $"L = E + ({Symbol}₀/{Symbol})^α" : $"L = ({Symbol}₀/{Symbol})^α";

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, double Value)> Coefficients =>
        HasIrreducible ? [("E", E), ($"{Symbol}₀", Scale), ("α", Exponent)] : [($"{Symbol}₀", Scale), ("α", Exponent)];

    /// <inheritdoc/>
    public override double Loss(LawInput input) => E + Math.Pow(Scale / Of(input, Variable), Exponent);

    /// <summary>Fits the law to runs by Huber's loss on the logarithm of the loss.</summary>
    /// <param name="points">The runs, which the variable alone should tell apart: <see cref="ScalingRuns"/> finds them. At least 4 of 3 values, or 6 of 4 values with an irreducible part.</param>
    /// <param name="variable">What the law is one of.</param>
    /// <param name="irreducible">Whether it has an irreducible part.</param>
    /// <param name="options">How; the optimizer is the grid of starts in any case.</param>
    /// <exception cref="KansformersException">The runs do not tell the coefficients apart, or one has no loss or size.</exception>
    public static LawFit<PowerLaw> Fit(IReadOnlyList<ScalingPoint> points, ScalingVariable variable, bool irreducible, FitOptions? options = null) =>
        LawFitter.Fit(new PowerForm(variable, irreducible), points, options);

    internal static double Of(LawInput input, ScalingVariable variable) => variable switch
    {
        ScalingVariable.Parameters => input.Parameters,
        ScalingVariable.Tokens => input.Tokens,
        _ => input.Flops,
    };
}
