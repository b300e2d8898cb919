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
            dense.Forward(LayerInput.Of(layer, x), y);
        return y.MoveToOuterDisposeScope();
    }

    private static KanGradients Dense(EngineLayer layer, Tensor x, Tensor? parameters, Tensor upstream, KanWanted wanted)
    {
        using var scope = NewDisposeScope();
        LayerInput input = LayerInput.Of(layer, x);
        LayerInput? gradient = wanted.Input || wanted.Norm ? input.EmptyLike() : null;
        using IDenseLayer dense = DenseLayers.Open(layer, parameters, wanted, x.shape[0]);
        dense.Backward(input, upstream, gradient);
        KanGradients found = dense.WeightGradients();
        if (gradient is LayerInput dx)
            found = layer.HasNorm ? NormGradients(layer, x, dx, wanted, found) : found with { Input = dx.X };
        found.MoveToOuterScope();
        return found;
    }

    // Back through the layer norm, which libtorch computes and differentiates again.
    private static KanGradients NormGradients(EngineLayer layer, Tensor x, LayerInput gradient, KanWanted wanted, KanGradients found)
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

/// <summary>A layer's input: raw for the base branch, and as the basis sees it. They are one where there is no layer norm, or no base branch.</summary>
/// <param name="X">Contiguous float32, (tokens, in): for the base branch.</param>
/// <param name="Z">Contiguous float32, (tokens, in): for the basis.</param>
internal readonly record struct LayerInput(Tensor X, Tensor Z)
{
    /// <summary>Whether both are the same tensor.</summary>
    public bool IsOne => ReferenceEquals(X, Z);

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

    /// <summary>Memory of the same shape.</summary>
    public LayerInput EmptyLike()
    {
        Tensor x = empty_like(X);
        return IsOne ? new LayerInput(x, x) : new LayerInput(x, empty_like(Z));
    }
}
