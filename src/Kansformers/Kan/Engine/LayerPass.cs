using Kansformers.Runtime;
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
        using (IEnginePath path = EnginePaths.Open(layer, parameters, default, x.shape[0]))
        {
            if (x.shape[0] > 0)
                path.Forward(path.Normalises ? new LayerInput(x, x) : LayerInput.Of(layer, x), y);
        }

        foreach (KanRole role in (KanRole[])[KanRole.BaseBias, KanRole.Bias])
        {
            if (layer.Tensors.Find(role) is Tensor bias)
                y.add_(bias);
        }

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
        using IEnginePath path = EnginePaths.Open(layer, parameters, wanted, x.shape[0]);
        LayerInput input = path.Normalises ? new LayerInput(x, x) : LayerInput.Of(layer, x);
        LayerInput? gradient = wanted.Input || wanted.Norm ? GradientOf(layer, x) : null;
        path.Backward(input, upstream, gradient);
        KanGradients found = path.WeightGradients();
        if (gradient is LayerInput dx && layer.HasNorm && !path.Normalises)
            found = NormGradients(layer, x, dx, wanted, found);
        else if (wanted.Input)
            found = found with { Input = gradient!.Value.X };
        found.MoveToOuterScope();
        return found;
    }

    // Room for both gradients where they add up to the input's only behind the layer norm.
    private static LayerInput GradientOf(EngineLayer layer, Tensor x)
    {
        Tensor dx = empty_like(x);
        return new LayerInput(dx, layer.HasNorm && layer.Activation is not null ? empty_like(x) : dx);
    }

    // Back through the layer norm, which libtorch computes and differentiates again.
    private static KanGradients NormGradients(EngineLayer layer, Tensor x, LayerInput gradient, GradientRequest wanted, KanGradients found)
    {
        using var scope = NewDisposeScope();
        using var graph = enable_grad();
        Tensor at = x.detach().alias().requires_grad_();
        Tensor weight = layer.Tensors[KanRole.NormWeight].detach().alias().requires_grad_(), bias = layer.Tensors[KanRole.NormBias].detach().alias().requires_grad_();
        Tensor z = nn.functional.layer_norm(at, [x.shape[1]], weight, bias, KanReference.NormEps);
        IList<Tensor> back = autograd.grad([z], [at, weight, bias], [gradient.Z]);
        using var guard = no_grad();
        Tensor dx = layer.Activation is null ? back[0] : back[0].add_(gradient.X);
        KanGradients all = found with
        {
            Input = wanted.Input ? dx.DetachFromDisposeScope() : null,
            NormWeight = wanted.Norm ? back[1].DetachFromDisposeScope() : null,
            NormBias = wanted.Norm ? back[2].DetachFromDisposeScope() : null,
        };
        return all;
    }
}
