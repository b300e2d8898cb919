using Kansformers.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// A head that multiplies by the token embedding (Press and Wolf, "Using the Output Embedding to Improve Language Models", 2017). It has no parameters of
/// its own: they are the embedding's.
/// </summary>
internal sealed class TiedHead : nn.Module<Tensor, Tensor>, IHasPrecision
{
    // A field of a module type would be registered as a part of this module: the embedding belongs to another, under whose name it is saved.
    private readonly Func<Parameter> _weight;

    public TiedHead(Embedding embedding)
        : base(nameof(TiedHead)) => _weight = () => embedding.weight!;

    /// <summary>(vocabulary, width); a new handle, owned by the current dispose scope.</summary>
    public Parameter Weight => _weight();

    /// <summary>How the products are computed on the CPU.</summary>
    public Precision Precision { get; set; }

    /// <param name="input">(..., width).</param>
    /// <returns>(..., vocabulary).</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return LinearLayer.Apply(input, Weight, null, Precision).MoveToOuterDisposeScope();
    }
}
