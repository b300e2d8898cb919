using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>A layer that is run over chunks of tokens, forward and backward in turn, while the weights' gradients add up.</summary>
internal interface IChunkedLayer : IDisposable
{
    /// <summary>Computes a chunk's outputs.</summary>
    /// <param name="x">Contiguous float32, (tokens, in).</param>
    /// <param name="y">Contiguous float32, (tokens, out), overwritten.</param>
    void Forward(Tensor x, Tensor y);

    /// <summary>Adds to the weights' gradients and computes the input's.</summary>
    /// <param name="x">Contiguous float32, (tokens, in).</param>
    /// <param name="upstream">The gradient of the output, (tokens, out).</param>
    /// <param name="dx">Contiguous float32, (tokens, in), overwritten; null when not wanted.</param>
    void Backward(Tensor x, Tensor upstream, Tensor? dx);

    /// <summary>The gradients of the layer's parameters, in the parameters' order; null where not wanted or where a trainer collects it.</summary>
    Tensor?[] WeightGradients();
}
