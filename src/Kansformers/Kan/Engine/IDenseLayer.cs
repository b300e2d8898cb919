using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// One layer as "expand, then multiply" with all bases: what is expanded is multiplied while it is in cache, and never kept. The backward pass expands
/// again. Weight gradients add up over calls, in float32. It holds this thread's scratch: dispose it
/// before another layer runs.
/// </summary>
internal interface IDenseLayer : IDisposable
{
    /// <summary>The layer's output.</summary>
    /// <param name="x">Contiguous float32, (tokens, in).</param>
    /// <param name="y">Contiguous float32, (tokens, out), overwritten.</param>
    void Forward(Tensor x, Tensor y);

    /// <summary>Adds to the weights' gradients that are wanted, and computes the input's.</summary>
    /// <param name="x">Contiguous float32, (tokens, in).</param>
    /// <param name="upstream">The gradient of the output, (tokens, out), any strides.</param>
    /// <param name="dx">Contiguous float32, (tokens, in), overwritten; null when not wanted.</param>
    void Backward(Tensor x, Tensor upstream, Tensor? dx);

    /// <summary>
    /// The gradients that all calls of <see cref="Backward"/> added up to, less those that a trainer collects; <see cref="KanGradients.Input"/> is null.
    /// To be called once, at the end.
    /// </summary>
    KanGradients WeightGradients();
}

/// <summary>Chooses who multiplies.</summary>
internal static class DenseLayers
{
    /// <summary>The layer, opened for calls.</summary>
    /// <param name="plan">The layer's kernel.</param>
    /// <param name="activation">The base activation.</param>
    /// <param name="precision">Of the products.</param>
    /// <param name="weights">The layer's weights.</param>
    /// <param name="wanted">Which weights' gradients the backward calls have to compute.</param>
    /// <param name="tokens">The most tokens of a call.</param>
    public static IDenseLayer Open(SplinePlan plan, BaseActivation activation, Precision precision, in KanWeights weights, KanWanted wanted, long tokens) =>
        PanelTiles.Fits(activation, precision)
            ? new PanelTiles(plan, activation, precision, weights, wanted, tokens)
            : new DenseTiles(plan, activation, precision, weights, wanted, tokens);
}
