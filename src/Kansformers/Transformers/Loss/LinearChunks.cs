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
        Tensor transposed = (_factor ??= WeightFactor().DetachFromDisposeScope()).t(), input = Factor(x);
        if (_format == ProductFormat.BFloat16)
            y.copy_(Scratch.OfThread.Matrix(Scratch.Use.Output, y.shape[0], y.shape[1], half: true).addmm_(input, transposed, beta: 0, alpha: 1));
        else
            y.addmm_(input, transposed, beta: 0, alpha: 1);
    }

    /// <inheritdoc/>
    public void Backward(Tensor x, Tensor upstream, Tensor? dx)
    {
        using var scope = NewDisposeScope();
        Tensor dy = _format == ProductFormat.BFloat16
            ? Scratch.OfThread.Matrix(Scratch.Use.Output, upstream.shape[0], upstream.shape[1], half: true).copy_(upstream) : Factor(upstream);
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
            HalfProducts.Transposed(dy, Factor(x), _slope.Value.Tensor, adds);
        else
            _slope.Value.Tensor.addmm_(dy.t(), Factor(x), beta: adds ? 1 : 0, alpha: 1);
    }

    /// <inheritdoc/>
    public Tensor?[] WeightGradients() => [_slope?.ForTorch];

    /// <inheritdoc/>
    public void Dispose() => _factor?.Dispose();

    // In memory that is there from the step before.
    private Tensor WeightFactor() => _format == ProductFormat.BFloat16
        ? Scratch.OfThread.Matrix(Scratch.Use.Weight, weight.shape[0], weight.shape[1], half: true).copy_(weight) : Factor(weight);

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
