using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// A layer on one of the engine's paths, opened for calls: what is expanded is multiplied while it is in cache, and never kept; the backward pass expands again.
/// Weight gradients add up over calls, in float32. It holds this thread's scratch: dispose it before another layer runs.
/// </summary>
internal interface IEnginePath : IDisposable
{
    /// <summary>Whether the path computes a layer norm in front of the basis itself: it is given the raw input in both places, and the gradient that it finds is of that.</summary>
    bool Normalises => false;

    /// <summary>The layer's output, without biases.</summary>
    /// <param name="x">The input.</param>
    /// <param name="y">Contiguous float32, (tokens, out), overwritten.</param>
    void Forward(LayerInput x, Tensor y);

    /// <summary>Adds to the weights' gradients that are wanted, and computes the input's.</summary>
    /// <param name="x">The input.</param>
    /// <param name="upstream">The gradient of the output, (tokens, out), any strides.</param>
    /// <param name="dx">The gradients of both forms of the input, overwritten; null when not wanted. Where the path normalises, what stands for the basis is for its own use.</param>
    void Backward(LayerInput x, Tensor upstream, LayerInput? dx);

    /// <summary>
    /// The gradients that all calls of <see cref="Backward"/> added up to, less those that a trainer collects, of the parameters as the layer stores them;
    /// <see cref="KanGradients.Input"/> is null. To be called once, at the end.
    /// </summary>
    KanGradients WeightGradients();
}
