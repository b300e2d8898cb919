using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Golden;

/// <summary>The parameters' gradients of one KAN layer by the plain reference in double precision.</summary>
internal static class LayerGradients
{
    /// <summary>Name, the layer's own gradient, and the exact one.</summary>
    /// <param name="layer">A layer whose backward pass has run.</param>
    /// <param name="x">Its input.</param>
    /// <param name="gradY">The gradient of its output.</param>
    public static IEnumerable<(string Name, Tensor Gradient, Tensor Exact)> InDouble(KanLinear layer, Tensor x, Tensor gradY)
    {
        using KanLinear wide = new(layer.InFeatures, layer.OutFeatures, layer.Options);
        wide.load_state_dict(layer.state_dict());
        wide.to(ScalarType.Float64);
        KanReference.Forward(wide, x.detach().to_type(ScalarType.Float64)).backward([gradY.to_type(ScalarType.Float64)]);
        Dictionary<string, Parameter> own = layer.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter);
        foreach ((string name, Parameter exact) in wide.named_parameters())
            yield return (name, own[name].grad!, exact.grad!);
    }
}
