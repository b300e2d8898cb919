using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>The layer as one call: forward, or backward with every gradient that is wanted.</summary>
internal static class KanTiles
{
    /// <summary>y = expansion(x) · combined weightᵀ.</summary>
    /// <param name="plan">The layer's kernel.</param>
    /// <param name="activation">The base activation.</param>
    /// <param name="precision">Of the products.</param>
    /// <param name="x">Contiguous float32 on the CPU, (tokens, in).</param>
    /// <param name="weights">The layer's weights.</param>
    /// <returns>(tokens, out).</returns>
    public static Tensor Forward(SplinePlan plan, BaseActivation activation, Precision precision, Tensor x, in KanWeights weights)
    {
        if (SparseSplines.Pays(plan, precision, x.shape[0], weights.Outputs))
            return SparseSplines.Forward(plan, activation, x, weights);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Tensor y = empty(x.shape[0], weights.Outputs, dtype: ScalarType.Float32);
        using IDenseLayer layer = DenseLayers.Open(plan, activation, precision, weights, default, x.shape[0]);
        if (x.shape[0] > 0)
            layer.Forward(x, y);
        return y.MoveToOuterDisposeScope();
    }

    /// <summary>The gradients that are wanted, the others null.</summary>
    /// <param name="plan">The layer's kernel.</param>
    /// <param name="activation">The base activation.</param>
    /// <param name="precision">Of the products.</param>
    /// <param name="x">Contiguous float32 on the CPU, (tokens, in).</param>
    /// <param name="weights">The layer's weights.</param>
    /// <param name="upstream">The gradient of the output, (tokens, out), any strides.</param>
    /// <param name="wanted">Which gradients to compute.</param>
    public static KanGradients Backward(SplinePlan plan, BaseActivation activation, Precision precision, Tensor x, in KanWeights weights, Tensor upstream, KanWanted wanted)
    {
        if (SparseSplines.Pays(plan, precision, x.shape[0], weights.Outputs))
            return SparseSplines.Backward(plan, activation, x, weights, upstream, wanted);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Tensor? dx = wanted.Input ? empty_like(x) : null;
        using IDenseLayer layer = DenseLayers.Open(plan, activation, precision, weights, wanted, x.shape[0]);
        layer.Backward(x, upstream, dx);
        KanGradients gradients = layer.WeightGradients() with { Input = dx };
        gradients.MoveToOuterScope();
        return gradients;
    }
}

/// <summary>A layer's weights: base (out, in), spline (out, in, bases), scaler (out, in) or null.</summary>
internal readonly record struct KanWeights(Tensor Base, Tensor Spline, Tensor? Scaler)
{
    /// <summary>The number of outputs.</summary>
    public long Outputs => Base.shape[0];
}

/// <summary>Which gradients a backward pass has to compute.</summary>
internal readonly record struct KanWanted(bool Input, bool Base, bool Spline, bool Scaler)
{
    /// <summary>Whether the gradient of the combined weight is needed.</summary>
    public bool AnyWeight => Base || Spline || Scaler;
}

/// <summary>The gradients, null where not wanted.</summary>
internal readonly record struct KanGradients(Tensor? Input, Tensor? Base, Tensor? Spline, Tensor? Scaler)
{
    /// <summary>Hands all of them to the dispose scope outside the current one.</summary>
    public void MoveToOuterScope()
    {
        Input?.MoveToOuterDisposeScope();
        Base?.MoveToOuterDisposeScope();
        Spline?.MoveToOuterDisposeScope();
        Scaler?.MoveToOuterDisposeScope();
    }
}
