using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// One layer as "expand, then multiply" with all bases: what is expanded is multiplied while it is in cache, and never kept. The backward pass expands
/// again. Weight gradients add up over calls, in float32. It holds this thread's scratch: dispose it
/// before another layer runs.
/// </summary>
internal interface IDenseLayer : IDisposable
{
    /// <summary>The layer's output, without biases.</summary>
    /// <param name="x">The input.</param>
    /// <param name="y">Contiguous float32, (tokens, out), overwritten.</param>
    void Forward(LayerInput x, Tensor y);

    /// <summary>Adds to the weights' gradients that are wanted, and computes the input's.</summary>
    /// <param name="x">The input.</param>
    /// <param name="upstream">The gradient of the output, (tokens, out), any strides.</param>
    /// <param name="dx">The gradients of both forms of the input, overwritten; null when not wanted.</param>
    void Backward(LayerInput x, Tensor upstream, LayerInput? dx);

    /// <summary>
    /// The gradients that all calls of <see cref="Backward"/> added up to, less those that a trainer collects, of the parameters as the layer stores them;
    /// <see cref="KanGradients.Input"/> is null. To be called once, at the end.
    /// </summary>
    KanGradients WeightGradients();
}

/// <summary>Chooses who multiplies.</summary>
internal static class DenseLayers
{
    /// <summary>The layer, opened for calls.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="parameters">What <see cref="FunctionParameters.Pack"/> gave.</param>
    /// <param name="wanted">Which gradients the backward calls have to compute.</param>
    /// <param name="tokens">The most tokens of a call.</param>
    public static IDenseLayer Open(EngineLayer layer, Tensor? parameters, KanWanted wanted, long tokens) => PanelTiles.Pays(layer)
        ? new PanelTiles(layer, parameters, wanted, tokens)
        : new DenseTiles(layer, wanted, tokens);
}
