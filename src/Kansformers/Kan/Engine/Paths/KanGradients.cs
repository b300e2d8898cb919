using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>Which gradients a backward pass has to compute.</summary>
internal readonly record struct GradientRequest(bool Input, bool Base, bool Coefficients, bool Scaler, bool Norm, bool Parameters)
{
    /// <summary>Whether the gradient of what multiplies the expansion is needed.</summary>
    public bool AnyWeight => Base || Coefficients || Scaler;

    /// <summary>From the inputs of <see cref="KanFunction"/>: the layer's input, base, coefficients, scaler, two biases, norm weight and bias, parameters.</summary>
    public static GradientRequest Of(bool[] inputs) => new(inputs[0], inputs[1], inputs[2], inputs[3], inputs[6] || inputs[7], inputs[8]);

    /// <summary>All that the layer's tensors ask for.</summary>
    public static GradientRequest All(KanTensors tensors) => new(
        true,
        Asks(KanRole.Base, tensors),
        Asks(KanRole.Coefficients, tensors),
        Asks(KanRole.Scaler, tensors),
        Asks(KanRole.NormWeight, tensors) || Asks(KanRole.NormBias, tensors),
        FunctionParameters.Roles(tensors).Any(role => Asks(role, tensors)));

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
