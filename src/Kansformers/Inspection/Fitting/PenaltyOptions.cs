using Kansformers.Runtime;

namespace Kansformers.Inspection;

/// <summary>How large a penalty takes an edge to be; pykan's names are in brackets. Deviations are over the samples.</summary>
public enum EdgeMeasure
{
    /// <summary>The deviation of the curve (without a formula) over that of its input and 0.1 (edge_forward_spline_n).</summary>
    CurveOverInput,

    /// <summary>The deviation of curve and formula (edge_forward_spline_u).</summary>
    Edge,

    /// <summary>The deviation of curve and formula over that of the input and 0.1 (edge_forward_sum).</summary>
    EdgeOverInput,

    /// <summary>The edge's attribution (edge_backward).</summary>
    EdgeScore,

    /// <summary>The attribution of each input for each node (node_backward).</summary>
    NodeScore,
}

/// <summary>
/// What a fit pays for beside its loss, with pykan's meaning: of each layer's edges' sizes their sum (L1) and the entropy of their shares, by rows and by columns; of the
/// coefficients their magnitudes and the steps between neighbours, each mean over the subnodes.
/// </summary>
public sealed record PenaltyOptions
{
    /// <summary>How large an edge is taken to be.</summary>
    public EdgeMeasure Measure { get; init; }

    /// <summary>The weight of the sum of sizes.</summary>
    public double L1 { get; init; } = 1;

    /// <summary>The weight of the entropies.</summary>
    public double Entropy { get; init; } = 2;

    /// <summary>The weight of the coefficients' magnitudes.</summary>
    public double Coefficients { get; init; }

    /// <summary>The weight of the steps between neighbouring coefficients.</summary>
    public double Smoothness { get; init; }

    /// <summary>
    /// Whether gradients leave out what pykan's do: all of <see cref="EdgeMeasure.EdgeOverInput"/>, and the sums' deviations in both scores. They are then not the
    /// derivative of the penalty, and a line search suffers.
    /// </summary>
    public bool GradientsOfPykan { get; init; }

    /// <summary>Checks every option.</summary>
    /// <exception cref="KansformersException">One is invalid; the message names it.</exception>
    public void Validate()
    {
        Allowed.Require("measure", Measure);
        Allowed.Require(double.IsFinite(L1), "l1", L1, "a number");
        Allowed.Require(double.IsFinite(Entropy), "entropy", Entropy, "a number");
        Allowed.Require(double.IsFinite(Coefficients), "coefficients", Coefficients, "a number");
        Allowed.Require(double.IsFinite(Smoothness), "smoothness", Smoothness, "a number");
    }
}
