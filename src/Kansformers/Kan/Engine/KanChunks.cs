using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>A KAN layer over chunks of tokens: the combined weight is made once, its gradient split once.</summary>
internal sealed class KanChunks(SplinePlan plan, BaseActivation activation, Precision precision, KanWeights weights, KanWanted wanted, long tokens) : IChunkedLayer
{
    private readonly IDenseLayer _layer = DenseLayers.Open(plan, activation, precision, weights, wanted, tokens);

    /// <inheritdoc/>
    public void Forward(Tensor x, Tensor y) => _layer.Forward(x, y);

    /// <inheritdoc/>
    public void Backward(Tensor x, Tensor upstream, Tensor? dx) => _layer.Backward(x, upstream, dx);

    /// <inheritdoc/>
    public Tensor?[] WeightGradients() => _layer.WeightGradients() is var found && weights.Scaler is null ? [found.Base, found.Spline] : [found.Base, found.Spline, found.Scaler];

    /// <inheritdoc/>
    public void Dispose() => _layer.Dispose();
}

/// <summary>A KAN layer on a large grid over chunks of tokens.</summary>
internal sealed class SparseChunks(SplinePlan plan, BaseActivation activation, KanWeights weights, KanWanted wanted) : IChunkedLayer
{
    private KanGradients? _sum;

    /// <inheritdoc/>
    public void Forward(Tensor x, Tensor y)
    {
        using Tensor result = SparseSplines.Forward(plan, activation, x, weights);
        y.copy_(result);
    }

    /// <inheritdoc/>
    public void Backward(Tensor x, Tensor upstream, Tensor? dx)
    {
        using var scope = NewDisposeScope();
        KanGradients found = SparseSplines.Backward(plan, activation, x, weights, upstream, wanted with { Input = dx is not null });
        dx?.copy_(found.Input!);
        if (_sum is KanGradients sum)
        {
            sum.Base?.add_(found.Base!);
            sum.Spline?.add_(found.Spline!);
            sum.Scaler?.add_(found.Scaler!);
            return;
        }

        found.Base?.DetachFromDisposeScope();
        found.Spline?.DetachFromDisposeScope();
        found.Scaler?.DetachFromDisposeScope();
        _sum = found with { Input = null };
    }

    /// <inheritdoc/>
    public Tensor?[] WeightGradients() => weights.Scaler is null ? [_sum?.Base, _sum?.Spline] : [_sum?.Base, _sum?.Spline, _sum?.Scaler];

    /// <inheritdoc/>
    public void Dispose()
    {
        // The gradients belong to whoever has asked for them.
    }
}
