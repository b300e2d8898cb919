using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>The layer as one call: forward, or backward with every gradient that is wanted.</summary>
internal static class LayerPass
{
    /// <summary>y = expansion(x) · combined weightᵀ + bias.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="x">Contiguous float32 on the CPU, (tokens, in).</param>
    /// <param name="parameters">What <see cref="FunctionParameters.Pack"/> gave.</param>
    /// <returns>(tokens, out).</returns>
    public static Tensor Forward(EngineLayer layer, Tensor x, Tensor? parameters)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Tensor y = empty(x.shape[0], layer.Outputs, dtype: ScalarType.Float32);
        using (OpenLayer open = new(layer, parameters, default, x.shape[0]))
            open.Forward(x, y);
        return y.MoveToOuterDisposeScope();
    }

    /// <summary>The gradients that are wanted, the others null.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="x">Contiguous float32 on the CPU, (tokens, in).</param>
    /// <param name="parameters">What <see cref="FunctionParameters.Pack"/> gave.</param>
    /// <param name="upstream">The gradient of the output, (tokens, out), any strides.</param>
    /// <param name="wantedInputs">Which inputs of <see cref="KanFunction"/> want a gradient.</param>
    public static KanGradients Backward(EngineLayer layer, Tensor x, Tensor? parameters, Tensor upstream, bool[] wantedInputs)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        GradientRequest wanted = GradientRequest.Of(wantedInputs);
        using OpenLayer open = new(layer, parameters, wanted, x.shape[0]);
        Tensor? dx = wanted.Input ? empty_like(x, requires_grad: false) : null;
        open.Backward(x, upstream, dx);
        KanGradients found = open.Gradients() with { Input = dx };
        found.MoveToOuterScope();
        return found;
    }
}
