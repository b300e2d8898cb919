using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Kansformers.Kan;

/// <summary>
/// The KAN layer's forward pass operation by operation, as the original ran it; libtorch's autograd differentiates it.
/// It is what the fast engine is tested against and the baseline of every benchmark.
/// </summary>
public static class KanReference
{
    /// <summary>y = base weight · act(x) + (scaler × spline weight) · bases(x).</summary>
    /// <param name="x">(tokens, in).</param>
    /// <param name="baseWeight">(out, in).</param>
    /// <param name="splineWeight">(out, in, coefficients).</param>
    /// <param name="splineScaler">(out, in), or null.</param>
    /// <param name="grid">(in, knots).</param>
    /// <param name="options">Spline order and base activation.</param>
    /// <returns>(tokens, out).</returns>
    public static Tensor Forward(Tensor x, Tensor baseWeight, Tensor splineWeight, Tensor? splineScaler, Tensor grid, KanOptions options)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(splineWeight);
        ArgumentNullException.ThrowIfNull(options);
        using var scope = NewDisposeScope();
        Tensor scaled = splineScaler is null ? splineWeight : splineWeight * splineScaler.unsqueeze(-1);
        Tensor bases = BSpline.Bases(x, grid, options.SplineOrder);
        Tensor y = F.linear(BaseActivations.Apply(options.BaseActivation, x), baseWeight)
            + F.linear(bases.flatten(1), scaled.flatten(1));
        return y.MoveToOuterDisposeScope();
    }
}
