using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>A linear layer that is to become a KAN layer, y = W f(x) + b: with f the identity what <c>nn.Linear</c> computes.</summary>
/// <param name="Weight">W, (out, in), of any floating type and device.</param>
/// <param name="Bias">b, (out); null for none.</param>
public sealed record LinearMap(Tensor Weight, Tensor? Bias)
{
    /// <summary>f, applied to every input: an activation that stood before the layer and moves into its functions.</summary>
    public BaseActivation Before { get; init; } = BaseActivation.Identity;
}

/// <summary>How nearly a layer computes what another one computes.</summary>
public enum KanAgreement
{
    /// <summary>By construction everywhere, up to rounding.</summary>
    Exact,

    /// <summary>By construction in the range of its grid, up to rounding; beyond it as its functions go on.</summary>
    ExactInRange,

    /// <summary>As near as least squares come.</summary>
    Fitted,
}

/// <summary>What came of a layer's conversion, measured in float32 on the samples; where there were none, on standard normal ones.</summary>
/// <param name="How">What was to be expected.</param>
/// <param name="LargestError">The largest difference of an output.</param>
/// <param name="LargestOutput">The largest output of the layer that there was.</param>
/// <param name="Samples">How many inputs that was measured on.</param>
public sealed record LayerMatch(KanAgreement How, double LargestError, double LargestOutput, long Samples)
{
    /// <summary>The smallest and the largest value of the samples by which the layer was calibrated; null where there were none.</summary>
    public (double Low, double High)? Range { get; init; }

    /// <summary>The largest error beside the largest output; 0 where both are.</summary>
    public double RelativeError => LargestError == 0 ? 0 : LargestError / Math.Max(LargestOutput, double.Epsilon);
}
