namespace Kansformers.Scaling;

/// <summary>How the loss of a model follows from its size and its training.</summary>
public abstract record ScalingLaw
{
    /// <summary>The law in symbols, <c>L = E + A/N^α + B/D^β</c>.</summary>
    public abstract string Formula { get; }

    /// <summary>The coefficients by their symbols, and what else is read off them (exponents of the best size).</summary>
    public abstract IReadOnlyList<(string Name, double Value)> Coefficients { get; }

    /// <summary>The loss that the law expects, in nats per token.</summary>
    /// <param name="input">The size of the model and its training.</param>
    public abstract double Loss(LawInput input);
}
