using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>A KAN layer over chunks of tokens: the combined weight is made once, its gradient split once.</summary>
internal sealed class KanChunks(SplinePlan plan, BaseActivation activation, Precision precision, KanWeights weights, KanWanted wanted, long tokens) : IChunkedLayer
{
    private readonly DenseTiles _tiles = new(plan, activation, precision, weights, tokens);

    /// <inheritdoc/>
    public void Forward(Tensor x, Tensor y) => _tiles.Forward(x, y);

    /// <inheritdoc/>
    public void Backward(Tensor x, Tensor upstream, Tensor? dx) => _tiles.Backward(x, upstream, dx, wanted.AnyWeight);

    /// <inheritdoc/>
    public Tensor?[] WeightGradients() => _tiles.WeightGradients(wanted) is var found && weights.Scaler is null ? [found.Base, found.Spline] : [found.Base, found.Spline, found.Scaler];

    /// <inheritdoc/>
    public void Dispose() => _tiles.Dispose();
}
