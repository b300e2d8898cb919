using System.Globalization;
using Kansformers.Comparisons;

namespace Kansformers.Scaling;

/// <summary>What a budget of training is counted in.</summary>
public enum BudgetUnit
{
    /// <summary>Tokens for each learned number: larger models read more.</summary>
    TokensPerParameter,

    /// <summary>Tokens: all models read as much.</summary>
    Tokens,

    /// <summary>Floating-point operations: larger models read less, and loss against size has a lowest point (an isoFLOP curve, Hoffmann et al., 2022).</summary>
    Flops,
}

/// <summary>How long the models of a ladder are trained.</summary>
/// <param name="Amount">How much, above 0.</param>
/// <param name="Unit">Of what.</param>
public sealed record TokenBudget(double Amount, BudgetUnit Unit)
{
    private const string PerParameter = "x", Operations = "flops";

    /// <summary>Reads <c>20x</c>, tokens for each parameter, <c>2e6</c>, tokens, or <c>1e12flops</c>.</summary>
    /// <param name="text">The budget.</param>
    /// <exception cref="KansformersException">It is none of these, or the number is not above 0.</exception>
    public static TokenBudget Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string word = text.Trim();
        (BudgetUnit unit, string number) = word.EndsWith(Operations, StringComparison.Ordinal) ? (BudgetUnit.Flops, word[..^Operations.Length])
            : word.EndsWith(PerParameter, StringComparison.Ordinal) ? (BudgetUnit.TokensPerParameter, word[..^PerParameter.Length]) : (BudgetUnit.Tokens, word);
        return double.TryParse(number, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out double amount) && amount is > 0 and < 1e30
            ? new TokenBudget(amount, unit)
            : throw new KansformersException($"unknown budget '{text}': use tokens for each parameter, as in 20x, tokens, as in 2e6, or operations, as in 1e12flops; the number must be above 0");
    }

    /// <summary>The text that <see cref="Parse"/> reads back.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Amount}{Unit switch { BudgetUnit.TokensPerParameter => PerParameter, BudgetUnit.Flops => Operations, _ => "" }}");

    /// <summary>The tokens that it gives a model.</summary>
    internal double TokensOf(PlannedModel model) => Unit switch
    {
        BudgetUnit.TokensPerParameter => Amount * model.Parameters,
        BudgetUnit.Flops => Amount / model.FlopsPerToken,
        _ => Amount,
    };
}
