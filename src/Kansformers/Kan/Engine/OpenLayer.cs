using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>A layer opened for calls: its path, and what stands around the path's products, a layer norm that the path does not compute itself, and biases.</summary>
internal sealed class OpenLayer : IDisposable
{
    private readonly EngineLayer _layer;
    private readonly GradientRequest _wanted;
    private readonly IEnginePath _path;
    private Tensor? _normWeight, _normBias;

    /// <param name="layer">The layer.</param>
    /// <param name="parameters">What <see cref="FunctionParameters.Pack"/> gave.</param>
    /// <param name="wanted">Which gradients the calls of <see cref="Backward"/> have to compute.</param>
    /// <param name="tokens">The most tokens of a call.</param>
    public OpenLayer(EngineLayer layer, Tensor? parameters, GradientRequest wanted, long tokens) =>
        (_layer, _wanted, _path) = (layer, wanted, EnginePaths.Open(layer, parameters, wanted, tokens));

    /// <summary>y = expansion(x) · combined weightᵀ + bias.</summary>
    /// <param name="x">Contiguous float32 on the CPU, (tokens, in).</param>
    /// <param name="y">Contiguous float32, (tokens, out), overwritten.</param>
    public void Forward(Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        if (x.shape[0] > 0)
            _path.Forward(InputOf(x), y);
        foreach (KanRole role in (KanRole[])[KanRole.BaseBias, KanRole.Bias])
        {
            if (_layer.Tensors.Find(role) is Tensor bias)
                y.add_(bias);
        }
    }

    /// <summary>Adds to the gradients of the parameters that are wanted, biases excepted, and computes the input's where it is wanted.</summary>
    /// <param name="x">Contiguous float32 on the CPU, (tokens, in).</param>
    /// <param name="upstream">The gradient of the output, (tokens, out), any strides.</param>
    /// <param name="dx">Contiguous float32, (tokens, in), overwritten; null when not wanted.</param>
    public void Backward(Tensor x, Tensor upstream, Tensor? dx)
    {
        using var scope = NewDisposeScope();
        LayerInput? gradient = dx is not null || _wanted.Norm ? GradientOf(dx ?? empty_like(x)) : null;
        _path.Backward(InputOf(x), upstream, gradient);
        if (gradient is LayerInput found && _layer.HasNorm && !_path.Normalises)
            ThroughNorm(x, found, dx);
    }

    /// <summary>What all calls of <see cref="Backward"/> added up to, as <see cref="IEnginePath.WeightGradients"/>. To be called once, at the end.</summary>
    public KanGradients Gradients()
    {
        KanGradients found = _path.WeightGradients();
        return _normWeight is null ? found : found with { NormWeight = _normWeight.alias(), NormBias = _normBias!.alias() };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _path.Dispose();
        _normWeight?.Dispose();
        _normBias?.Dispose();
    }

    private LayerInput InputOf(Tensor x) => _path.Normalises ? new LayerInput(x, x) : LayerInput.Of(_layer, x);

    // Room for both gradients where they add up to the input's only behind the layer norm.
    private LayerInput GradientOf(Tensor dx) => new(dx, _layer.HasNorm && _layer.Activation is not null ? empty_like(dx) : dx);

    // Back through the layer norm, which libtorch computes and differentiates again.
    private void ThroughNorm(Tensor x, LayerInput gradient, Tensor? dx)
    {
        IList<Tensor> back;
        using (enable_grad())
        {
            Tensor at = x.detach().alias().requires_grad_();
            Tensor weight = _layer.Tensors[KanRole.NormWeight].detach().alias().requires_grad_(), bias = _layer.Tensors[KanRole.NormBias].detach().alias().requires_grad_();
            Tensor z = nn.functional.layer_norm(at, [x.shape[1]], weight, bias, KanReference.NormEps);
            back = autograd.grad([z], [at, weight, bias], [gradient.Z]);
        }

        using var guard = no_grad();
        if (_layer.Activation is null)
            dx?.copy_(back[0]);
        else
            dx?.add_(back[0]);
        if (!_wanted.Norm)
            return;
        _normWeight = Sum(_normWeight, back[1]);
        _normBias = Sum(_normBias, back[2]);
    }

    private static Tensor Sum(Tensor? before, Tensor next) => before is null ? next.DetachFromDisposeScope() : before.add_(next);
}
