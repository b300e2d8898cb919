namespace Kansformers.Kan;

/// <summary>
/// A layer that computes one token after the other, for text generation: without tensors, in memory that it has from the start. It is opened for as long as
/// the layer's parameters stay as they are.
/// </summary>
internal unsafe interface ITokenLayer : IDisposable
{
    /// <summary>The size of a token's output.</summary>
    int Outputs { get; }

    /// <summary>Computes a token.</summary>
    /// <param name="x">The input.</param>
    /// <param name="y">The output, overwritten; other memory than <paramref name="x"/>.</param>
    void Run(float* x, float* y);
}
