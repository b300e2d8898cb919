using Kansformers.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>The fast way to compute a KAN layer on the CPU in float32, and when it can be taken.</summary>
internal static class KanEngine
{
    /// <summary>Whether the engine may compute a layer with these tensors for this input.</summary>
    public static bool Fits(Tensor x, KanTensors tensors) => IsPlain(x) && tensors.All.Values.All(IsPlain);

    /// <summary>The layer's output.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="x">(tokens, in).</param>
    /// <returns>(tokens, out), attached to the graph where a gradient is wanted.</returns>
    public static Tensor Forward(EngineLayer layer, Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor rows = x.contiguous();
        if (KanFunction.IsGraph(layer, rows))
            return KanFunction.Apply(layer, rows).MoveToOuterDisposeScope();
        using var guard = no_grad();
        Tensor y = EnginePaths.Choose(layer, rows.shape[0], gradients: false) == EnginePath.FewTokens
            ? FewTokens.Forward(layer, rows)
            : LayerPass.Forward(layer, rows, FunctionParameters.Pack(layer.Tensors));
        return y.MoveToOuterDisposeScope();
    }

    private static bool IsPlain(Tensor tensor) => tensor.device_type == DeviceType.CPU && tensor.dtype == ScalarType.Float32;
}
