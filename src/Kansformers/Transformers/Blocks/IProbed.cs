using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>A layer that shows what goes in and comes out: for statistics.</summary>
internal interface IProbed
{
    /// <summary>Called with the input and the output of each forward pass.</summary>
    Action<Tensor, Tensor>? Probe { get; set; }
}
