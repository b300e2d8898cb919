using Kansformers.Kan;
using static TorchSharp.torch;

namespace Kansformers.Golden;

/// <summary>The parameters' gradients of one KAN layer by the plain reference in double precision.</summary>
internal sealed class LayerGradients : IDisposable
{
    private readonly Tensor _baseWeight;
    private readonly Tensor _splineWeight;
    private readonly Tensor? _splineScaler;

    private LayerGradients(Tensor baseWeight, Tensor splineWeight, Tensor? splineScaler) =>
        (_baseWeight, _splineWeight, _splineScaler) = (baseWeight, splineWeight, splineScaler);

    public static LayerGradients InDouble(KanLinear layer, Tensor x, Tensor gradY)
    {
        using var scope = NewDisposeScope();
        Tensor baseWeight = Wide(layer.BaseWeight), splineWeight = Wide(layer.SplineWeight);
        Tensor? splineScaler = layer.SplineScaler is null ? null : Wide(layer.SplineScaler);
        Tensor y = KanReference.Forward(Wide(x), baseWeight, splineWeight, splineScaler, layer.Grid.to_type(ScalarType.Float64), layer.Options);
        y.backward([gradY.to_type(ScalarType.Float64)]);
        return new LayerGradients(Keep(baseWeight)!, Keep(splineWeight)!, Keep(splineScaler));
    }

    /// <summary>Name, the layer's own gradient, and the exact one.</summary>
    public IEnumerable<(string Name, Tensor Gradient, Tensor Exact)> Pairs(KanLinear layer)
    {
        yield return ("grad_base_weight", layer.BaseWeight.grad!, _baseWeight);
        yield return ("grad_spline_weight", layer.SplineWeight.grad!, _splineWeight);
        if (_splineScaler is not null)
            yield return ("grad_spline_scaler", layer.SplineScaler!.grad!, _splineScaler);
    }

    public void Dispose()
    {
        _baseWeight.Dispose();
        _splineWeight.Dispose();
        _splineScaler?.Dispose();
    }

    private static Tensor Wide(Tensor tensor) => tensor.detach().to_type(ScalarType.Float64).clone().requires_grad_();

    private static Tensor? Keep(Tensor? parameter) => parameter?.grad!.clone().DetachFromDisposeScope();
}
