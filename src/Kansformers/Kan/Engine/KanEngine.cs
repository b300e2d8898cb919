using Kansformers.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>The fast way to compute a KAN layer on the CPU in float32, and when it can be taken.</summary>
internal static class KanEngine
{
    /// <summary>The highest spline order that the engine computes.</summary>
    public const int HighestOrder = 5;

    /// <summary>Whether the engine computes this layer for this input.</summary>
    public static bool Fits(Tensor x, Tensor grid, KanWeights weights, int order) =>
        order <= HighestOrder && IsPlain(x) && IsPlain(grid) && IsPlain(weights.Base) && IsPlain(weights.Spline) && (weights.Scaler is null || IsPlain(weights.Scaler));

    /// <summary>The layer's output.</summary>
    /// <param name="x">(tokens, in).</param>
    /// <param name="plan">The layer's kernel.</param>
    /// <param name="weights">The layer's weights.</param>
    /// <param name="options">Spline order and base activation.</param>
    /// <param name="precision">Of the products; a few tokens without a graph are always computed in float32.</param>
    /// <returns>(tokens, out), attached to the graph where a gradient is wanted.</returns>
    public static Tensor Forward(Tensor x, SplinePlan plan, KanWeights weights, KanOptions options, Precision precision)
    {
        using var scope = NewDisposeScope();
        Tensor rows = x.contiguous();
        bool graph = is_grad_enabled()
            && (x.requires_grad || weights.Base.requires_grad || weights.Spline.requires_grad || (weights.Scaler?.requires_grad ?? false));
        Tensor y = graph
            ? KanFunction.Apply(plan, options.BaseActivation, precision, rows, weights)
            : rows.shape[0] <= FewTokens.Most && FewTokens.Fits(plan) ? FewTokens.Forward(plan, options.BaseActivation, rows, weights)
            : KanTiles.Forward(plan, options.BaseActivation, precision, rows, weights);
        return y.MoveToOuterDisposeScope();
    }

    private static bool IsPlain(Tensor tensor) => tensor.device_type == DeviceType.CPU && tensor.dtype == ScalarType.Float32;
}
