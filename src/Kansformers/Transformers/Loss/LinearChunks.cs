using Kansformers.Kan;
using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>A linear layer without bias over chunks of tokens.</summary>
/// <param name="weight">(out, in), contiguous float32 on the CPU.</param>
/// <param name="precision">Of the products.</param>
/// <param name="weightWanted">Whether the weight's gradient is wanted.</param>
internal sealed class LinearChunks(Tensor weight, Precision precision, bool weightWanted) : IChunkedLayer
{
    private readonly ProductFormat _format = EngineSettings.OfThisMachine.FormatOf(precision);
    private GradientTarget? _slope;
    private Tensor? _factor;

    /// <inheritdoc/>
    public void Forward(Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        Tensor turned = (_factor ??= Factor(weight).DetachFromDisposeScope()).t(), input = Factor(x);
        if (_format == ProductFormat.BFloat16)
            y.copy_(input.matmul(turned));
        else
            y.addmm_(input, turned, beta: 0, alpha: 1);
    }

    /// <inheritdoc/>
    public void Backward(Tensor x, Tensor upstream, Tensor? dx)
    {
        using var scope = NewDisposeScope();
        Tensor dy = Factor(upstream);
        if (dx is not null && _format == ProductFormat.BFloat16)
            dx.copy_(dy.matmul(_factor!));
        else
            dx?.addmm_(dy, _factor!, beta: 0, alpha: 1);
        if (!weightWanted)
            return;
        bool first = _slope is null;
        _slope ??= GradientBuffers.For(weight);
        if (first)
            _slope.Value.Tensor.DetachFromDisposeScope();
        bool adds = !first || _slope.Value.Adds;
        if (_format == ProductFormat.BFloat16)
            _ = adds ? _slope.Value.Tensor.add_(dy.t().matmul(Factor(x))) : _slope.Value.Tensor.copy_(dy.t().matmul(Factor(x)));
        else
            _slope.Value.Tensor.addmm_(dy.t(), Factor(x), beta: adds ? 1 : 0, alpha: 1);
    }

    /// <inheritdoc/>
    public Tensor?[] WeightGradients() => [_slope?.ForTorch];

    /// <inheritdoc/>
    public void Dispose() => _factor?.Dispose();

    private Tensor Factor(Tensor tensor)
    {
        if (_format == ProductFormat.Single)
            return tensor.alias();
        if (_format == ProductFormat.BFloat16)
            return tensor.to_type(ScalarType.BFloat16);
        Tensor rounded = empty_like(tensor, requires_grad: false);
        BFloat16Math.Round(tensor, rounded);
        return rounded;
    }
}
