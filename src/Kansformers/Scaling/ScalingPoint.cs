namespace Kansformers.Scaling;

/// <summary>A trained model as the laws of scaling see it: how large it was, how much it read, and what came of it.</summary>
/// <param name="Group">The kind of model (linear, bspline, ...): laws are fitted to the points of a group.</param>
/// <param name="Parameters">All learned numbers.</param>
/// <param name="Tokens">The tokens that it was trained on.</param>
/// <param name="Loss">The loss on held-out text after the last step, in nats per token.</param>
public sealed record ScalingPoint(string Group, double Parameters, double Tokens, double Loss)
{
    /// <summary>Of the parameters, those of embeddings and positions, which Kaplan et al. (2020) leave out.</summary>
    public double EmbeddingParameters { get; init; }

    /// <summary>Of the parameters, those that the forward pass of a token uses: of an edge of B-splines order + 1 coefficients are live, of grid size + order.</summary>
    public double LiveParameters { get; init; }

    /// <summary>Floating-point operations of the whole training, the expansion of KAN layers included.</summary>
    public double Flops { get; init; }

    /// <summary>Seconds of training.</summary>
    public double Seconds { get; init; }

    /// <summary>The seed of the run.</summary>
    public long Seed { get; init; }

    /// <summary>The validation losses on the way, in nats per token.</summary>
    public IReadOnlyList<(double Tokens, double Loss)> Curve { get; init; } = [];
}
