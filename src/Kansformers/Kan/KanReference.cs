using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Kansformers.Kan;

/// <summary>
/// A KAN layer's forward pass operation by operation, as the original programs ran it; libtorch's autograd differentiates it.
/// It is what the fast engine is tested against, the baseline of every benchmark, and what other devices run.
/// </summary>
internal static class KanReference
{
    internal const double NormEps = 1e-5;

    /// <summary>The output of a layer.</summary>
    /// <param name="layer">The layer: its parameters are read as they are.</param>
    /// <param name="x">Any leading dimensions, the last of the layer's inputs.</param>
    /// <returns>The same leading dimensions, the last of the layer's outputs.</returns>
    public static Tensor Forward(KanLinear layer, Tensor x)
    {
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentNullException.ThrowIfNull(x);
        using var scope = NewDisposeScope();
        Tensor y = Forward(x.reshape(-1, layer.InFeatures), layer.Tensors);
        return y.reshape([.. x.shape[..^1], layer.OutFeatures]).MoveToOuterDisposeScope();
    }

    /// <summary>The output of a layer with such tensors.</summary>
    /// <param name="x">(tokens, in), of the tensors' type.</param>
    /// <param name="tensors">The layer's tensors.</param>
    /// <returns>(tokens, out).</returns>
    internal static Tensor Forward(Tensor x, KanTensors tensors)
    {
        using var scope = NewDisposeScope();
        Tensor y = tensors.IsEdge ? Edges(x, tensors) : F.linear(Functions(x, tensors), tensors[KanRole.Coefficients]);
        foreach (KanRole role in (KanRole[])[KanRole.BaseBias, KanRole.Bias])
        {
            if (tensors.Find(role) is Tensor bias)
                y += bias;
        }

        return y.MoveToOuterDisposeScope();
    }

    /// <summary>What the basis sees of the inputs.</summary>
    /// <param name="x">(tokens, in).</param>
    /// <param name="tensors">The layer's tensors.</param>
    internal static Tensor Normalised(Tensor x, KanTensors tensors) => tensors.Options.Norm switch
    {
        InputNorm.LayerNorm => F.layer_norm(x, [tensors.InFeatures], tensors[KanRole.NormWeight], tensors[KanRole.NormBias], NormEps),
        InputNorm.Tanh => x.tanh(),
        _ => x.alias(),
    };

    /// <summary>The shared functions of every input, (tokens, in).</summary>
    internal static Tensor Functions(Tensor x, KanTensors tensors)
    {
        using var scope = NewDisposeScope();
        Tensor seen = Normalised(x, tensors), expanded = tensors.Options.Expand(seen, tensors);
        Tensor value = tensors.Find(KanRole.FunctionCoefficients) is Tensor coefficients ? (expanded * EachInput(coefficients, tensors)).sum(-1) : expanded.squeeze(-1);
        if (tensors.Find(KanRole.FunctionBase) is Tensor factor)
            value += BaseActivations.Apply(tensors.Options.BaseActivation!.Value, tensors.Options.Norm == InputNorm.LayerNorm ? seen : x) * EachInput(factor.unsqueeze(-1), tensors).squeeze(-1);
        return value.MoveToOuterDisposeScope();
    }

    /// <summary>A row for each shared function as a row for each input, (in, ...).</summary>
    internal static Tensor EachInput(Tensor rows, KanTensors tensors) => rows.shape[0] == tensors.InFeatures ? rows.alias()
        : rows.repeat_interleave(tensors.InFeatures / rows.shape[0], dim: 0);

    // y = base weight · act(x) + (scaler × coefficients) · basis(x)
    private static Tensor Edges(Tensor x, KanTensors tensors)
    {
        using var scope = NewDisposeScope();
        Tensor coefficients = tensors.EngineCoefficients(tensors[KanRole.Coefficients]);
        if (tensors.Find(KanRole.Scaler) is Tensor scaler)
            coefficients *= scaler.unsqueeze(-1);
        Tensor expanded = tensors.Options.Expand(Normalised(x, tensors), tensors);
        Tensor y = F.linear(expanded.flatten(1), coefficients.flatten(1));
        if (tensors.Find(KanRole.Base) is Tensor weight)
            y = F.linear(BaseActivations.Apply(tensors.Options.BaseActivation!.Value, x), weight) + y;
        return y.MoveToOuterDisposeScope();
    }
}
