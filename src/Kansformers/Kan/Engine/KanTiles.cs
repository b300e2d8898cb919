using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>The layer as one call: forward, or backward with every gradient that is wanted.</summary>
internal static class KanTiles
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
        Tensor y = Products(layer, x, parameters);
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
        KanWanted wanted = KanWanted.Of(wantedInputs);
        KanGradients gradients = SparseSplines.Pays(layer, x.shape[0])
            ? SparseSplines.Backward(layer, x, upstream, wanted)
            : Dense(layer, x, parameters, upstream, wanted);
        gradients.MoveToOuterScope();
        return gradients;
    }

    private static Tensor Products(EngineLayer layer, Tensor x, Tensor? parameters)
    {
        if (SparseSplines.Pays(layer, x.shape[0]))
            return SparseSplines.Forward(layer, x);
        using var scope = NewDisposeScope();
        Tensor y = empty(x.shape[0], layer.Outputs, dtype: ScalarType.Float32);
        using IDenseLayer dense = DenseLayers.Open(layer, parameters, default, x.shape[0]);
        if (x.shape[0] > 0)
            dense.Forward(new LayerInput(x, x), y);
        return y.MoveToOuterDisposeScope();
    }

    private static KanGradients Dense(EngineLayer layer, Tensor x, Tensor? parameters, Tensor upstream, KanWanted wanted)
    {
        using var scope = NewDisposeScope();
        LayerInput input = new(x, x);
        LayerInput? gradient = wanted.Input || wanted.Norm ? GradientOf(layer, x) : null;
        using IDenseLayer dense = DenseLayers.Open(layer, parameters, wanted, x.shape[0]);
        dense.Backward(input, upstream, gradient);
        KanGradients found = dense.WeightGradients();
        if (wanted.Input)
            found = found with { Input = gradient!.Value.X };
        found.MoveToOuterScope();
        return found;
    }

    private static LayerInput GradientOf(EngineLayer layer, Tensor x)
    {
        Tensor dx = empty_like(x);
        return new LayerInput(dx, layer.HasNorm && layer.Activation is not null ? empty_like(x) : dx);
    }
}

/// <summary>Which gradients a backward pass has to compute.</summary>
internal readonly record struct KanWanted(bool Input, bool Base, bool Coefficients, bool Scaler, bool Norm, bool Parameters)
{
    /// <summary>Whether the gradient of what multiplies the expansion is needed.</summary>
    public bool AnyWeight => Base || Coefficients || Scaler;

    /// <summary>From the inputs of <see cref="KanFunction"/>: the layer's input, base, coefficients, scaler, two biases, norm weight and bias, parameters.</summary>
    public static KanWanted Of(bool[] inputs) => new(inputs[0], inputs[1], inputs[2], inputs[3], inputs[6] || inputs[7], inputs[8]);

    /// <summary>All that the layer's tensors ask for.</summary>
    public static KanWanted All(KanTensors tensors) => new(
        true,
        Asks(KanRole.Base, tensors),
        Asks(KanRole.Coefficients, tensors),
        Asks(KanRole.Scaler, tensors),
        false,
        false);

    private static bool Asks(KanRole role, KanTensors tensors) => tensors.Find(role)?.requires_grad ?? false;
}

/// <summary>The gradients, null where not wanted or where a trainer collects them.</summary>
internal readonly record struct KanGradients(Tensor? Input, Tensor? Base, Tensor? Coefficients, Tensor? Scaler)
{
    /// <summary>Of the weight of the layer norm, (in).</summary>
    public Tensor? NormWeight { get; init; }

    /// <summary>Of the bias of the layer norm, (in).</summary>
    public Tensor? NormBias { get; init; }

    /// <summary>Of the parameters that the kernel reads, as <see cref="FunctionParameters.Pack"/> lays them out.</summary>
    public Tensor? Parameters { get; init; }

    /// <summary>Hands all of them to the dispose scope outside the current one.</summary>
    public void MoveToOuterScope()
    {
        foreach (Tensor? one in (Tensor?[])[Input, Base, Coefficients, Scaler, NormWeight, NormBias, Parameters])
            one?.MoveToOuterDisposeScope();
    }
}

/// <summary>A layer's input, raw for the base branch, and as the basis sees it; or the gradients of both. They are one where there is no layer norm, or no base branch.</summary>
/// <param name="X">Contiguous float32, (tokens, in): for the base branch.</param>
/// <param name="Z">Contiguous float32, (tokens, in): for the basis.</param>
internal readonly record struct LayerInput(Tensor X, Tensor Z)
{
    /// <summary>The number of tokens.</summary>
    public long Tokens => X.shape[0];

    /// <summary>The layer's input.</summary>
    public static LayerInput Of(EngineLayer layer, Tensor x)
    {
        if (!layer.HasNorm)
            return new LayerInput(x, x);
        Tensor z = KanReference.Normalised(x, layer.Tensors);
        return layer.Activation is null ? new LayerInput(z, z) : new LayerInput(x, z);
    }
}
