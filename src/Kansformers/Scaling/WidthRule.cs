using Kansformers.Runtime;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Scaling;

/// <summary>
/// How learning rates follow the width of a model, from the width at which they were chosen: a rate is multiplied by (own width / width) to the power of an
/// exponent that depends on what the parameters are and on who makes the step.
/// </summary>
/// <remarks>
/// <para>AdamW's steps have entries of one size, whatever the gradient. A matrix sums over its inputs, so that its rate must fall as 1 / width for outputs to change as
/// much in a wide model as in a narrow one; so must the head's, and that of coefficients of KAN layers with a function for each edge. What does not sum over the width
/// keeps its rate: embeddings, biases, norms, convolutions of a channel, functions that edges share (Yang et al., "Tensor Programs V: Tuning Large Neural Networks via
/// Zero-Shot Hyperparameter Transfer", 2022, table 3).</para>
/// <para>Muon's steps are orthogonal matrices, which change outputs as much at any width (Bernstein and Newhouse, "Old Optimizer, New Norm: An Anthology", 2024):
/// in theory their rate is the same for all. <see cref="MuonExponent"/> is what short trainings here came to (<c>docs/scaling.md</c>).</para>
/// <para>Depth, batch and number of steps change no rate.</para>
/// </remarks>
public sealed record WidthRule
{
    /// <summary>What <see cref="Parse"/> knows: <c>width</c>, rates follow it, and <c>same</c>, they do not.</summary>
    public static IReadOnlyList<string> Words { get; } = ["width", "same"];

    /// <summary>The exponent of hidden matrices whose steps Muon makes, at least 0: 0 for one rate at all widths.</summary>
    public double MuonExponent { get; init; }

    /// <summary>The exponent of hidden matrices whose steps AdamW makes, of heads, and of the coefficients of edges, at least 0.</summary>
    public double MatrixExponent { get; init; } = 1;

    /// <summary>The rule that a word names; null for <c>same</c>.</summary>
    /// <param name="word">One of <see cref="Words"/>.</param>
    /// <exception cref="KansformersException">It is none of them.</exception>
    public static WidthRule? Parse(string word) => word switch
    {
        "width" => new WidthRule(),
        "same" => null,
        _ => throw new KansformersException($"unknown rates '{word}': use {string.Join(" or ", Words)}"),
    };

    /// <summary>The training of a model in another width than that for which its rates were chosen.</summary>
    /// <param name="training">With the rates for the model's own width.</param>
    /// <param name="own">The model in that width.</param>
    /// <param name="width">The other width.</param>
    public TrainingOptions Apply(TrainingOptions training, ModelOptions own, int width)
    {
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(own);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if (width == own.Width)
            return training;
        List<RoleRule> rules = [.. training.Roles];
        Multiply(ParameterRole.HiddenMatrix, training.Optimizer is MuonOptions ? MuonExponent : MatrixExponent);
        Multiply(ParameterRole.Head, MatrixExponent);
        if (own.Placement != KanPlacement.None && own.Kan.Sharing.IsEdge)
            Multiply(ParameterRole.KanFunction, MatrixExponent);
        return training with { Roles = rules };

        void Multiply(ParameterRole role, double exponent)
        {
            double factor = Math.Pow((double)own.Width / width, exponent);
            int at = rules.FindIndex(rule => rule.Role == role);
            if (at >= 0)
                rules[at] = rules[at] with { RateFactor = rules[at].RateFactor * factor };
            else if (factor != 1)
                rules.Add(new RoleRule(role, factor));
        }
    }

    internal void Validate()
    {
        Allowed.Require(MuonExponent >= 0 && double.IsFinite(MuonExponent), "muon exponent", MuonExponent, "a finite number, at least 0");
        Allowed.Require(MatrixExponent >= 0 && double.IsFinite(MatrixExponent), "matrix exponent", MatrixExponent, "a finite number, at least 0");
    }
}
